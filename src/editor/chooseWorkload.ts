import * as vscode from 'vscode';

/** Asks for the file of a workload; undefined when there is none. */
export async function chooseWorkload(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Load Workload'),
    openLabel: vscode.l10n.t('Load'),
  });
  const file = chosen?.[0];
  if (file === undefined || file.scheme === 'file') return file?.fsPath;
  void vscode.window.showErrorMessage(
    vscode.l10n.t('A workload is read piece by piece, which only works with files on a disk.'),
  );
  return undefined;
}
