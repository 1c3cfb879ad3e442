import * as vscode from 'vscode';
import type { ImagePanel } from './panel.js';

/** Asks for the file of a workload. It is read by the worker, and only because it was chosen here. */
export async function loadWorkload(panel: ImagePanel): Promise<void> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Load Workload'),
    openLabel: vscode.l10n.t('Load'),
  });
  const file = chosen?.[0];
  if (!file) return;
  if (file.scheme === 'file') panel.showWorkload(file.fsPath);
  else
    void vscode.window.showErrorMessage(
      vscode.l10n.t('A workload is read piece by piece, which only works with files on a disk.'),
    );
}
