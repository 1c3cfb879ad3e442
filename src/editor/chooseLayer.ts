import * as vscode from 'vscode';
import { LAYERS, type Layer } from '../core/picture/layer.js';
import type { ImagePanel } from './panel.js';

/** Lets the user choose what the map shows of each cluster. */
export async function chooseLayer(panel: ImagePanel): Promise<void> {
  const texts = layerTexts();
  const chosen = await vscode.window.showQuickPick(
    LAYERS.map((layer) => ({ layer, label: texts[layer][0], detail: texts[layer][1] })),
    { title: vscode.l10n.t('What the map shows of each cluster') },
  );
  if (chosen) panel.showLayer(chosen.layer);
}

const layerTexts = (): Readonly<Record<Layer, readonly [label: string, detail: string]>> => ({
  kinds: [vscode.l10n.t('Kinds'), vscode.l10n.t('What each cluster is.')],
  refcounts: [
    vscode.l10n.t('Refcounts'),
    vscode.l10n.t('The refcount that the image stores for each cluster.'),
  ],
  differences: [
    vscode.l10n.t('Differences'),
    vscode.l10n.t('The stored refcount against the references that were counted.'),
  ],
  snapshots: [
    vscode.l10n.t('Snapshots'),
    vscode.l10n.t('Which clusters the active disk and the snapshots need, alone or together.'),
  ],
  fragmentation: [
    vscode.l10n.t('Fragmentation'),
    vscode.l10n.t('How far each cluster of the disk lies from where the one before it ends.'),
  ],
  bitmaps: [vscode.l10n.t('Bitmaps'), vscode.l10n.t('What is dirty in the persistent bitmaps.')],
  windows: [
    vscode.l10n.t('Overlap'),
    vscode.l10n.t('The state of the overlap window that each cluster is in.'),
  ],
  simulation: [
    vscode.l10n.t('Simulation'),
    vscode.l10n.t('What a simulated write to each cluster would do.'),
  ],
  heat: [
    vscode.l10n.t('Heat'),
    vscode.l10n.t('How often the workload of the Caches tab looks up the table of each cluster.'),
  ],
  windowHeat: [
    vscode.l10n.t('Window heat'),
    vscode.l10n.t('How often the workload of the Caches tab looks up each overlap window.'),
  ],
  repairLeaks: [
    vscode.l10n.t('Repair: check -r leaks'),
    vscode.l10n.t('What a repair of the leaks would do to each cluster.'),
  ],
  repairAll: [
    vscode.l10n.t('Repair: check -r all'),
    vscode.l10n.t('What a repair would do to each cluster.'),
  ],
  afterLeaks: [
    vscode.l10n.t('After check -r leaks'),
    vscode.l10n.t('What each cluster is after a repair of the leaks.'),
  ],
  afterAll: [
    vscode.l10n.t('After check -r all'),
    vscode.l10n.t('What each cluster is after a repair.'),
  ],
});
