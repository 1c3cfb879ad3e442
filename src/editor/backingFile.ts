import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { clean } from '../core/text.js';
import { backingPath } from '../node/chain/backingPath.js';
import type { ImageDocument } from './imageDocument.js';
import { VIEW_TYPE } from './viewType.js';

/** Opens the backing file of an image. Its path is an image's word: it is followed after a yes. */
export async function openBackingFile({ facts, uri }: ImageDocument): Promise<void> {
  const name = facts?.geometry?.backingFile;
  if (name === undefined) return;
  const found = backingPath(uri.fsPath, name);
  if (!found.ok || !existsSync(found.value)) {
    const reason = found.ok ? vscode.l10n.t('there is no file {0}', found.value) : found.message;
    void vscode.window.showWarningMessage(
      clean(vscode.l10n.t('The backing file cannot be opened: {0}.', reason)),
    );
    return;
  }
  const open = vscode.l10n.t('Open');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Open the backing file that the image names?'),
    { modal: true, detail: clean(found.value) },
    open,
  );
  if (answer === open)
    await vscode.commands.executeCommand(
      'vscode.openWith',
      vscode.Uri.file(found.value),
      VIEW_TYPE,
    );
}
