import * as vscode from 'vscode';
import { parseLocation, type Extent } from './location.js';
import type { ImagePanel } from './panel.js';

/** Asks for a place and shows it on the panel's map. */
export async function goTo(panel: ImagePanel): Promise<void> {
  const geometry = panel.document.facts?.geometry;
  if (!geometry) return;
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Go to Cluster or Host Offset'),
    prompt: vscode.l10n.t('A cluster ("cluster 12") or a host offset ("0x50000", "320K")'),
    validateInput: (value) => (value.trim() === '' ? undefined : complaint(value, geometry)),
  });
  if (text === undefined) return;
  const place = parseLocation(text, geometry);
  if (place.type === 'found') panel.reveal(place.cluster);
}

function complaint(text: string, extent: Extent): string | undefined {
  const place = parseLocation(text, extent);
  switch (place.type) {
    case 'found':
      return undefined;
    case 'malformed':
      return vscode.l10n.t(
        'Expected "cluster" and a number, or an offset such as 0x50000 or 320K.',
      );
    case 'past-end':
      return vscode.l10n.t(
        'Cluster {0} is past the end of the file, whose last cluster is {1}.',
        inDigits(place.cluster),
        inDigits(extent.hostClusters - 1),
      );
  }
}

const inDigits = (cluster: number): string => cluster.toLocaleString(vscode.env.language);
