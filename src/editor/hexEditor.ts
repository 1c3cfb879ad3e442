import * as vscode from 'vscode';
import { hex } from '../core/bytes.js';
import type { HostOffset } from '../core/units.js';

const EXTENSION = 'ms-vscode.hexeditor';
const VIEW_TYPE = 'hexEditor.hexedit';

/** Shows the file's bytes from `offset` on in Microsoft's Hex Editor; offers it when it is missing. */
export async function openHexEditor(uri: vscode.Uri, offset: HostOffset): Promise<void> {
  if (!vscode.extensions.getExtension(EXTENSION)) {
    const install = vscode.l10n.t('Install Hex Editor');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t(
        'The bytes of an image are shown by the Hex Editor extension, which is missing.',
      ),
      install,
    );
    if (answer !== install) return;
    await vscode.commands.executeCommand('workbench.extensions.installExtension', EXTENSION);
  }
  const query = `baseAddress=${hex(offset)}`;
  await vscode.commands.executeCommand('vscode.openWith', uri.with({ query }), VIEW_TYPE);
}
