import * as vscode from 'vscode';
import type { ImagePanel } from './panel.js';
import type { Panels } from './panels.js';
import type { PlaceOfReport } from './problemReports.js';
import { VIEW_TYPE } from './viewType.js';

const COMMAND = 'qcow2.revealPlace';

/** A link that shows a place of an image. A row of the Problems panel itself can lead to none. */
export const revealLink = (uri: vscode.Uri, place: PlaceOfReport): vscode.Uri =>
  vscode.Uri.parse(
    `command:${COMMAND}?${encodeURIComponent(JSON.stringify([uri.toString(), place]))}`,
    true,
  );

/** The command that such links run. It opens the image where that is closed by now. */
export const registerRevealPlace = (panels: Panels): vscode.Disposable =>
  vscode.commands.registerCommand(COMMAND, async (image: unknown, place: unknown) => {
    if (typeof image !== 'string' || !isPlace(place)) return;
    const uri = vscode.Uri.parse(image, true);
    await vscode.commands.executeCommand('vscode.openWith', uri, VIEW_TYPE);
    const panel = panels.of(uri);
    if (panel) show(panel, place);
  });

const isPlace = (place: unknown): place is PlaceOfReport =>
  place === 'findings' || place === 'image' || (Number.isSafeInteger(place) && Number(place) >= 0);

function show(panel: ImagePanel, place: PlaceOfReport): void {
  if (place === 'findings') panel.command('showFindings');
  else if (place !== 'image') panel.reveal(place);
}
