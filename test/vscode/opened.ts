import * as vscode from 'vscode';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExtensionApi, OpenImage } from '../../src/extension.js';
import { waitsFor } from './runner.js';

const EXTENSION = 'qcow2-lens.qcow2-lens';
export const VIEW_TYPE = 'qcow2.editor';

export function extension(): vscode.Extension<ExtensionApi> {
  const found = vscode.extensions.getExtension<ExtensionApi>(EXTENSION);
  if (found === undefined) throw new Error(`${EXTENSION} is not installed`);
  return found;
}

/** A sample image, made before VS Code was started. */
export function sample(name: string): vscode.Uri {
  const folder = process.env.QCOW2_LENS_SAMPLES;
  if (folder === undefined) throw new Error('QCOW2_LENS_SAMPLES is not set');
  return vscode.Uri.joinPath(vscode.Uri.file(folder), name);
}

/** Opens an image as a user would, and waits for neither header nor scan. */
async function open(uri: vscode.Uri): Promise<void> {
  await vscode.commands.executeCommand('vscode.openWith', uri, VIEW_TYPE);
}

export async function closeAll(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  await eventually('all documents are closed', () => {
    const { length } = extension().exports.documents();
    return length === 0 ? true : undefined;
  });
}

/** What the extension knows of an image that is open. */
export const opened = (uri: vscode.Uri): OpenImage | undefined =>
  extension()
    .exports.documents()
    .find((document) => document.uri === uri.toString());

/** Opens an image and waits until its header has been read. */
export async function openedWithFacts(uri: vscode.Uri): Promise<NonNullable<OpenImage['facts']>> {
  await open(uri);
  return eventually(`the facts of ${uri.fsPath}`, () => opened(uri)?.facts);
}

/** Opens an image and waits until it has been scanned. */
export async function openedWithSummary(
  uri: vscode.Uri,
): Promise<NonNullable<OpenImage['summary']>> {
  await open(uri);
  return eventually(`the summary of ${uri.fsPath}`, () => opened(uri)?.summary);
}

/** Asks again and again until there is an answer. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  waitsFor(what);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(5);
  }
}
