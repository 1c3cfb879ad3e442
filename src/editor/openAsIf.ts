import * as vscode from 'vscode';
import type { FoundTables } from '../core/lost/findTables.js';
import { clean, messageOf } from '../core/text.js';
import type { ImageDocument } from './imageDocument.js';
import { lostChoices } from './lostChoices.js';

interface Choice extends vscode.QuickPickItem {
  readonly assumed: string | undefined;
}

/** Looks for tables that nothing points to, and opens the image as if its header named the one chosen. */
export async function openAsIf(document: ImageDocument): Promise<void> {
  const found = await search(document);
  if (!found) return;
  const asItIs: Choice[] =
    document.facts?.assumed === undefined
      ? []
      : [{ label: vscode.l10n.t('What the header itself says'), assumed: undefined }];
  const choices: Choice[] = [...asItIs, ...lostChoices(found)];
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('No table was found that nothing points to.'),
    );
    return;
  }
  const choice = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Open as If the Header Named …'),
    matchOnDetail: true,
    placeHolder: vscode.l10n.t('Found by their contents, the likeliest first; nothing is written'),
  });
  if (choice) document.openAsIf(choice.assumed);
}

/** Reads the whole file, unless the user has enough of it. */
async function search(document: ImageDocument): Promise<FoundTables | undefined> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Looking for tables that nothing points to'),
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const gone = new AbortController();
    token.onCancellationRequested(() => {
      gone.abort();
    });
    let told = 0;
    try {
      return await document.lostTables((done) => {
        progress.report({ increment: Math.max(0, done - told) * 100 });
        told = Math.max(told, done);
      }, gone.signal);
    } catch (error) {
      if (!gone.signal.aborted)
        void vscode.window.showErrorMessage(
          clean(vscode.l10n.t('Tables could not be looked for: {0}', messageOf(error))),
        );
      return undefined;
    }
  });
}
