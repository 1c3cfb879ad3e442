import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { clean, messageOf } from '../core/text.js';
import { inThread } from '../node/taskThread.js';
import type { ChainAnswer } from '../protocol/chain.js';
import { VIEW_TYPE } from './viewType.js';

/** The backing chain of an open image: names in it are an image's word, and followed after a yes. */
export class DocumentChain implements vscode.Disposable {
  readonly #uri: vscode.Uri;
  readonly #script: string;
  readonly #changes = new vscode.EventEmitter<ChainAnswer | undefined>();
  #answer: ChainAnswer | undefined;
  #reading = new AbortController();

  readonly onChange = this.#changes.event;

  /** `script`: path of the bundled taskWorker.js. */
  constructor(uri: vscode.Uri, script: string) {
    this.#uri = uri;
    this.#script = script;
  }

  /** Undefined until the user has let it be read. */
  get answer(): ChainAnswer | undefined {
    return this.#answer;
  }

  /**
   * Reads it, and asks before a file is opened that is neither in the workspace nor in a folder that was
   * allowed. Without a yes the chain ends there.
   */
  async read(): Promise<void> {
    if (this.#answer?.state === 'reading') return;
    const { signal } = (this.#reading = new AbortController());
    this.#set({ state: 'reading' });
    const roots = (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => uri.fsPath);
    const folders: string[] = [];
    try {
      for (;;) {
        const task = { type: 'chain', path: this.#uri.fsPath, roots, folders } as const;
        const { layers, refusal, contents, asks } = await inThread(this.#script, task, signal);
        if (asks !== undefined && (await isAllowed(asks))) {
          folders.push(dirname(asks));
          continue;
        }
        if (!signal.aborted) this.#set({ state: 'known', layers, refusal, contents });
        return;
      }
    } catch (error) {
      if (!signal.aborted) this.#set({ state: 'failed', message: messageOf(error) });
    }
  }

  /** Opens a layer that was read in an editor of its own. */
  async open(depth: number): Promise<void> {
    const layer = this.#answer?.state === 'known' ? this.#answer.layers.at(depth) : undefined;
    if (layer?.path === undefined || depth === 0) return;
    const uri = vscode.Uri.file(layer.path);
    await vscode.commands.executeCommand('vscode.openWith', uri, VIEW_TYPE);
  }

  /** The image is being read anew: what was known of its chain is not any more. */
  reset(): void {
    this.#reading.abort();
    this.#set(undefined);
  }

  dispose(): void {
    this.#reading.abort();
    this.#changes.dispose();
  }

  #set(answer: ChainAnswer | undefined): void {
    this.#answer = answer;
    this.#changes.fire(answer);
  }
}

async function isAllowed(path: string): Promise<boolean> {
  const open = vscode.l10n.t('Open');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Open the backing file that the image names?'),
    {
      modal: true,
      detail: `${clean(path)}\n\n${vscode.l10n.t('It, and what the chain names in the same folder, is opened for reading only.')}`,
    },
    open,
  );
  return answer === open;
}
