import * as vscode from 'vscode';
import { cellJson, guestOffsets, ownersText, readCommand } from './copyTexts.js';
import type { ImagePanel } from './panel.js';
import { usualShell } from './shell.js';
import { offsetText } from './statusBar.js';
import type { ClusterDetail } from '../core/inspect/inspection.js';
import { hex } from '../core/bytes.js';
import { countText } from '../core/numbers.js';

type Copy = (panel: ImagePanel) => Promise<void>;

/** Copies where the selected cluster starts in the file. */
export const copyHostOffset: Copy = async (panel) => {
  const geometry = panel.document.facts?.geometry;
  if (!geometry || panel.selected === undefined) return;
  await vscode.env.clipboard.writeText(offsetText(panel.selected, geometry.clusterBits));
};

/** Copies where the guest finds the selected cluster; several offsets one a line. */
export const copyGuestOffset: Copy = async (panel) => {
  const detail = await panel.selectedDetail();
  if (!detail) return;
  const offsets = guestOffsets(detail).map(hex);
  if (offsets.length > 0) await vscode.env.clipboard.writeText(offsets.join('\n'));
  else
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'Cluster {0} has no guest offset: no L2 entry refers to it.',
        countText(detail.cluster),
      ),
    );
};

export const copyOwners: Copy = copying(ownersText);
export const copyJson: Copy = copying(cellJson);
export const copyReadCommand: Copy = copying((detail, { document }) =>
  document.facts
    ? readCommand(detail, document.facts, document.uri.fsPath, usualShell())
    : undefined,
);

function copying(textOf: (detail: ClusterDetail, panel: ImagePanel) => string | undefined): Copy {
  return async (panel) => {
    const detail = await panel.selectedDetail();
    const text = detail && textOf(detail, panel);
    if (text !== undefined) await vscode.env.clipboard.writeText(text);
  };
}
