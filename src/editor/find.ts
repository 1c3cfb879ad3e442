import * as vscode from 'vscode';
import { KIND_TEXT, KINDS, type KindName } from '../core/map/kinds.js';
import type { SearchTarget } from '../core/inspect/search.js';
import type { SearchRequest } from '../protocol/webviewMessages.js';
import type { ImagePanel } from './panel.js';
import type { ScanSummary } from '../core/inspect/inspection.js';
import { countText } from '../core/numbers.js';

interface Choice extends vscode.QuickPickItem {
  /** Undefined for the line between two groups. */
  readonly target?: SearchTarget | 'selected-kind';
}

/** Asks what is to be looked for, and shows the next one. */
export async function find(panel: ImagePanel): Promise<void> {
  const choice = await vscode.window.showQuickPick(choices(panel), {
    title: vscode.l10n.t('Find on the Map'),
    matchOnDescription: true,
    placeHolder: vscode.l10n.t(
      'What to look for; F3 then finds the next one, Shift+F3 the one before',
    ),
  });
  if (choice?.target) panel.search({ target: choice.target, direction: 1 });
}

/** For the commands that look for one thing. */
export const search =
  (target: SearchRequest['target'], direction: 1 | -1) =>
  (panel: ImagePanel): void => {
    panel.search({ target, direction });
  };

function choices(panel: ImagePanel): Choice[] {
  const { summary } = panel.document;
  const line = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const selected: Choice[] =
    panel.selected === undefined
      ? []
      : [{ label: vscode.l10n.t('The kind of the selected cluster'), target: 'selected-kind' }];
  return [
    ...selected,
    line(vscode.l10n.t('what is wrong')),
    ...troubleChoices(summary),
    line(vscode.l10n.t('kinds')),
    ...kindChoices(summary),
  ];
}

function troubleChoices(summary: ScanSummary | undefined): Choice[] {
  if (!summary) return [];
  const { claimedTwice, counts, findingsByCode } = summary;
  const wrong: readonly (readonly [string, number, SearchTarget])[] = [
    [vscode.l10n.t('Claimed twice'), claimedTwice, { type: 'claimed-twice' }],
    [
      vscode.l10n.t('Corruptions and errors'),
      (counts?.corruptions ?? 0) + (counts?.checkErrors ?? 0),
      { type: 'corruption' },
    ],
    [vscode.l10n.t('Leaked'), findingsByCode.leak ?? 0, { type: 'leak' }],
  ];
  return wrong.map(([label, count, target]) => ({ label, description: countText(count), target }));
}

/** Those that there are; before the scan is done, any. */
function kindChoices(summary: ScanSummary | undefined): Choice[] {
  const names: readonly KindName[] = [...KINDS, 'unallocated'];
  return names
    .filter((kind) => !summary || summary.clusters[kind] > 0)
    .map((kind) => ({
      label: KIND_TEXT[kind],
      // By its option's name it is found, too.
      description: [kind, ...(summary ? [countText(summary.clusters[kind])] : [])].join(' · '),
      target: { type: 'kind', kind },
    }));
}
