import * as vscode from 'vscode';

/** Asks for the file of a workload; undefined when there is none. */
export async function chooseWorkload(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Load Workload'),
    openLabel: vscode.l10n.t('Load'),
  });
  const file = chosen?.[0];
  return file && pathOf(file);
}

/** Asks whether a file that was dropped is to be read: it is the page that says which. */
export async function allowWorkload(uri: string): Promise<string | undefined> {
  const path = pathOf(vscode.Uri.parse(uri));
  if (path === undefined) return undefined;
  const load = vscode.l10n.t('Load');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Read {0} as a workload?', path),
    { modal: true },
    load,
  );
  return answer === load ? path : undefined;
}

function pathOf(file: vscode.Uri): string | undefined {
  if (file.scheme === 'file') return file.fsPath;
  void vscode.window.showErrorMessage(
    vscode.l10n.t('A workload is read piece by piece, which only works with files on a disk.'),
  );
  return undefined;
}
