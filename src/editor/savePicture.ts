import * as vscode from 'vscode';
import type { FileFormat } from '../protocol/webviewMessages.js';
import { messageOf } from '../core/text.js';

/** Asks where a picture of an image, or a report on it, is to be kept, and writes it there. */
export async function savePicture(
  image: vscode.Uri,
  format: FileFormat,
  bytes: Uint8Array,
): Promise<void> {
  const extension = format.toUpperCase();
  const target = await vscode.window.showSaveDialog({
    title:
      format === 'md' || format === 'json'
        ? vscode.l10n.t('Save Report as {0}', extension)
        : vscode.l10n.t('Save View as {0}', extension),
    defaultUri: image.with({ path: `${image.path}.${format}`, query: '' }),
    filters: { [extension]: [format] },
  });
  if (!target) return;
  try {
    await vscode.workspace.fs.writeFile(target, bytes);
  } catch (error) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('The file could not be saved: {0}', messageOf(error)),
    );
  }
}
