import { basename } from 'node:path';
import * as vscode from 'vscode';
import { jsonText } from '../core/jsonText.js';
import { clean, messageOf } from '../core/text.js';
import type { ComparedDisk, FileTaskResult } from '../node/fileTask.js';
import { inThread } from '../node/taskThread.js';
import type { ImageDocument } from './imageDocument.js';

type Compared = Extract<FileTaskResult, { type: 'compare' }>;

interface DiskItem extends vscode.QuickPickItem {
  readonly disk: ComparedDisk | 'another';
}

/** Asks what the image, or a snapshot of it, is to be compared with, and shows what is different. */
export async function compare(
  document: ImageDocument,
  others: readonly ImageDocument[],
): Promise<void> {
  if (document.uri.scheme !== 'file') return;
  const title = vscode.l10n.t('Compare with…');
  try {
    const a = await chooseState(document, document.uri.fsPath, title);
    if (!a) return;
    const b = await chooseOther(document, a, others, title);
    if (!b) return;
    const result = await comparedDisks(document, a, b);
    const format = await vscode.window.showQuickPick(
      [
        { label: vscode.l10n.t('Text'), isJson: false },
        { label: 'JSON', isJson: true, detail: vscode.l10n.t('All ranges, for other programs') },
      ],
      { title, placeHolder: result.lines.at(2) ?? '' },
    );
    if (!format) return;
    const shown = await vscode.workspace.openTextDocument(
      format.isJson
        ? { language: 'json', content: comparisonJson(result) }
        : { language: 'plaintext', content: comparisonText(result) },
    );
    await vscode.window.showTextDocument(shown, { viewColumn: vscode.ViewColumn.Beside });
  } catch (error) {
    void vscode.window.showErrorMessage(
      clean(vscode.l10n.t('The images could not be compared: {0}', messageOf(error))),
    );
  }
}

/** What is different between two disks. Rejects with what went wrong. */
export const comparedDisks = (
  document: ImageDocument,
  a: ComparedDisk,
  b: ComparedDisk,
): Promise<Compared> =>
  Promise.resolve(
    vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Comparing'),
        cancellable: true,
      },
      (_, cancellation) => {
        const controller = new AbortController();
        cancellation.onCancellationRequested(() => {
          controller.abort();
        });
        return inThread(document.taskScript, { type: 'compare', a, b }, controller.signal);
      },
    ),
  );

/** The document of `qcow2-lens compare --json`. */
export const comparisonJson = ({ comparison, hasChanged }: Compared): string =>
  `${jsonText({ ...comparison, ...(hasChanged ? { 'changed-while-read': true } : {}) }, 2)}\n`;

function comparisonText({ lines, hasChanged }: Compared): string {
  const warning = hasChanged ? [vscode.l10n.t('A file has changed while it was read.'), ''] : [];
  return `${[...warning, ...lines].map(clean).join('\n')}\n`;
}

/** The disk as it is, or one of the snapshots, if there are any. */
async function chooseState(
  document: ImageDocument,
  path: string,
  title: string,
): Promise<ComparedDisk | undefined> {
  const items = await statesOf(document, path);
  if (items.length === 1) return { path, snapshot: undefined };
  const placeHolder = vscode.l10n.t('Which state of {0}?', clean(basename(path)));
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder });
  return chosen && chosen.disk !== 'another' ? chosen.disk : undefined;
}

async function statesOf({ taskScript }: ImageDocument, path: string): Promise<DiskItem[]> {
  const { names } = await inThread(taskScript, { type: 'snapshots', path });
  return [
    { label: vscode.l10n.t('The disk as it is'), disk: { path, snapshot: undefined } },
    ...names.map((name, snapshot) => ({
      label: vscode.l10n.t("Snapshot '{0}'", clean(name)),
      disk: { path, snapshot },
    })),
  ];
}

async function chooseOther(
  document: ImageDocument,
  a: ComparedDisk,
  others: readonly ImageDocument[],
  title: string,
): Promise<ComparedDisk | undefined> {
  const here = (await statesOf(document, a.path)).filter(
    ({ disk }) => disk !== 'another' && disk.snapshot !== a.snapshot,
  );
  const open = others
    .map(({ uri }) => uri)
    .filter(({ scheme, fsPath }) => scheme === 'file' && fsPath !== a.path)
    .map(({ fsPath }): DiskItem => ({
      label: clean(basename(fsPath)),
      description: clean(fsPath),
      disk: { path: fsPath, snapshot: undefined },
    }));
  const another: DiskItem = { label: vscode.l10n.t('Another image…'), disk: 'another' };
  const chosen = await vscode.window.showQuickPick([...here, ...open, another], { title });
  if (!chosen) return undefined;
  if (chosen.disk !== 'another')
    return chosen.disk.path === a.path
      ? chosen.disk
      : chooseState(document, chosen.disk.path, title);
  const files = await vscode.window.showOpenDialog({ title, defaultUri: document.uri });
  return files?.[0] && chooseState(document, files[0].fsPath, title);
}
