import * as vscode from 'vscode';
import type { EntryState, PlaceFound, LocatedEntry } from '../core/inspect/locate.js';
import { offsetText } from './statusBar.js';
import { hex } from '../core/bytes.js';
import { countText } from '../core/numbers.js';

/** Where a place is, in words: what was understood of a text. */
export function describeLocated(located: PlaceFound, clusterBits: number): string {
  if (located.type === 'none') return describeMissing(located);
  const { cluster, entry } = located;
  const where = vscode.l10n.t(
    'cluster {0}, host offset {1}',
    countText(cluster),
    offsetText(cluster, clusterBits),
  );
  if (!entry) return capitalised(where);
  return vscode.l10n.t('{0}: {1}. Shows {2}.', describeEntry(entry), STATE[entry.state](), where);
}

const describeEntry = ({ l1Index, l2Index, guestOffset }: LocatedEntry): string =>
  l2Index === undefined
    ? vscode.l10n.t('L1 entry {0} (guest offset {1})', countText(l1Index), hex(guestOffset))
    : vscode.l10n.t(
        'L1 entry {0}, L2 entry {1} (guest offset {2})',
        countText(l1Index),
        countText(l2Index),
        hex(guestOffset),
      );

const STATE: Readonly<Record<EntryState, () => string>> = {
  table: () => vscode.l10n.t('an L2 table'),
  'no-table': () => vscode.l10n.t('no L2 table, the guest reads zeros or the backing file'),
  normal: () => vscode.l10n.t('data'),
  compressed: () => vscode.l10n.t('compressed data'),
  'zero-allocated': () => vscode.l10n.t('reads as zeros, with a cluster kept for it'),
  'zero-plain': () => vscode.l10n.t('reads as zeros'),
  unallocated: () => vscode.l10n.t('unallocated'),
  external: () => vscode.l10n.t('data in the external data file'),
  unusable: () => vscode.l10n.t('an offset that cannot be used'),
};

function describeMissing({ what, last }: Extract<PlaceFound, { type: 'none' }>): string {
  switch (what) {
    case 'cluster':
      return vscode.l10n.t(
        'That is past the end of the file, whose last cluster is {0}.',
        countText(last),
      );
    case 'guest-offset':
      return vscode.l10n.t(
        'That is past the end of the virtual disk, whose last byte is {0}.',
        hex(last),
      );
    case 'l1-entry':
      return last < 0
        ? vscode.l10n.t('The L1 table is empty.')
        : vscode.l10n.t('The last entry of the L1 table is {0}.', countText(last));
    case 'l2-entry':
      return vscode.l10n.t('The last entry of an L2 table is {0}.', countText(last));
  }
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
