import * as vscode from 'vscode';
import { ImageWorker } from '../node/imageWorker.js';
import type { DamageFormat } from '../core/check/causes/damageReport.js';
import type { FoundTables } from '../core/lost/findTables.js';
import type { FileStatus, ImageEvent } from '../protocol/imageService.js';
import type { OverlapAnswer } from '../protocol/overlap.js';
import { type Question, type Reply, valueOf } from '../protocol/rpc.js';
import { DocumentChain } from './chain.js';
import { FileWatch } from './fileWatch.js';
import type { SimulateAnswer } from '../protocol/simulation.js';
import { cacheSettings, discardNoUnrefSetting, overlapSettings } from './settings.js';
import type { ImageFacts } from '../core/qcow2/facts.js';
import type { ScanSummary } from '../core/inspect/inspection.js';
import type { Answer, Method, Query, SimulateQuery } from '../protocol/questions.js';

/** One open image, shared by all panels that show it: its worker, and what the worker has said. */
export class ImageDocument implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  readonly chain: DocumentChain;
  /** Path of the bundled taskWorker.js. */
  readonly taskScript: string;
  readonly #script: string;
  readonly #events = new vscode.EventEmitter<ImageEvent>();
  readonly #disposals = new vscode.EventEmitter<void>();
  readonly #watch: FileWatch | undefined;
  #worker: ImageWorker | undefined;
  /** What is taken for the header; undefined: what it says itself. */
  #assumed: string | undefined;
  #facts: ImageFacts | undefined;
  #latest: Exclude<ImageEvent, { type: 'facts' | 'operations' | 'file' }> | undefined;
  #file: Extract<ImageEvent, { type: 'file' }> | undefined;
  /** The simulated operations, once there were some. */
  #operations: Extract<ImageEvent, { type: 'operations' }> | undefined;

  readonly onEvent = this.#events.event;
  readonly onDispose = this.#disposals.event;

  /**
   * `script`, `taskScript`: paths of the bundled scanWorker.js and taskWorker.js. The file is opened, not
   * waited for.
   */
  constructor(uri: vscode.Uri, script: string, taskScript: string) {
    this.uri = uri;
    this.taskScript = taskScript;
    this.chain = new DocumentChain(uri, taskScript);
    this.#script = script;
    if (uri.scheme === 'file') {
      this.#watch = new FileWatch(uri, () => {
        this.#worker?.look();
      });
      this.#open();
    } else {
      this.#latest = { type: 'failed', message: cannotRead(uri.scheme) };
    }
  }

  /** What the header says; undefined until it has been read, or when the file cannot be read. */
  get facts(): ImageFacts | undefined {
    return this.#facts;
  }

  /** Undefined unless the scan has finished. */
  get summary(): ScanSummary | undefined {
    return this.#latest?.type === 'scanned' ? this.#latest.summary : undefined;
  }

  get scanning(): boolean {
    return this.#latest?.type === 'progress';
  }

  /** How the file fares; undefined until that is known. */
  get file(): FileStatus | undefined {
    return this.#file;
  }

  /** Somebody looks at the image: who uses the file tells nobody by itself. */
  look(): void {
    this.#worker?.look();
  }

  /** The events that tell a panel opened now all there is to know. */
  get history(): readonly ImageEvent[] {
    const known: ImageEvent[] = this.#facts ? [{ type: 'facts', facts: this.#facts }] : [];
    // Before a panel can ask what comes of its own list, which may be an older one.
    if (this.#operations) known.push(this.#operations);
    if (this.#file) known.push(this.#file);
    if (this.#latest) known.push(this.#latest);
    return known;
  }

  /** Asks the worker. Rejects with what went wrong, or when `signal` says so. */
  async ask<M extends Method>(
    method: M,
    query: Query<M>,
    signal?: AbortSignal,
  ): Promise<Answer<M>> {
    return valueOf(await this.forward({ id: 0, method, query }, signal), method);
  }

  /** The reply to a question of a webview's, under its number. See ImageWorker.ask. */
  async forward(question: Question, signal?: AbortSignal): Promise<Reply> {
    return (
      this.#worker?.ask(question, signal) ?? {
        type: 'reply',
        id: question.id,
        ok: false,
        error: 'the image is not open',
      }
    );
  }

  /** The overlap structures under the user's settings, as opening the image leaves them. */
  overlap(): Promise<OverlapAnswer> {
    return this.ask('overlap', { options: overlapSettings(this.uri) });
  }

  /** What comes of simulated operations under the user's settings. */
  async simulate(operations: readonly string[]): Promise<SimulateAnswer> {
    const query: SimulateQuery = {
      operations,
      options: {
        overlap: overlapSettings(this.uri),
        caches: cacheSettings(this.uri),
        engine: 'today',
        cache: 'writethrough',
        discardNoUnref: discardNoUnrefSetting(this.uri),
      },
    };
    for (;;) {
      const answer = await this.ask('simulate', query);
      if (answer.state !== 'computing') return answer;
    }
  }

  cancelScan(): void {
    this.#worker?.cancel();
  }

  /** Reads the file anew as if its header said this, or as what it says itself. */
  openAsIf(assumed: string | undefined): void {
    this.#assumed = assumed;
    this.reload();
  }

  /** Tables that nothing points to; `onProgress` hears the part of the file that has been read, 0 … 1. */
  async lostTables(
    onProgress: (done: number) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<FoundTables> {
    for (;;) {
      const answer = await this.ask('lostTables', {}, signal);
      if (answer.state === 'found') return answer.found;
      if (answer.state === 'failed') throw new Error(answer.message);
      onProgress(answer.done);
    }
  }

  /** The damage of the guest's disks, as the text of a file. */
  async damage(format: DamageFormat, signal?: AbortSignal): Promise<string> {
    for (;;) {
      const answer = await this.ask('damage', { format }, signal);
      if (answer.state === 'known') return answer.text;
      if (answer.state === 'failed') throw new Error(answer.message);
    }
  }

  /** Reads the file anew, from the header on. */
  reload(): void {
    if (!this.#watch) return;
    void this.#worker?.dispose();
    this.#facts = undefined;
    this.#latest = undefined;
    this.#file = undefined;
    this.chain.reset();
    this.#open();
  }

  dispose(): void {
    void this.#worker?.dispose();
    this.#watch?.dispose();
    this.chain.dispose();
    this.#disposals.fire();
    for (const emitter of [this.#events, this.#disposals]) emitter.dispose();
  }

  #open(): void {
    const onEvent = (event: ImageEvent): void => {
      if (event.type === 'facts') this.#facts = event.facts;
      else if (event.type === 'operations') this.#operations = event;
      else if (event.type === 'file') this.#file = event;
      else this.#latest = event;
      this.#events.fire(event);
    };
    this.#worker = new ImageWorker(this.#script, this.uri.fsPath, onEvent, this.#assumed);
  }
}

const cannotRead = (scheme: string): string =>
  vscode.l10n.t(
    'Images on a virtual file system ("{0}:") cannot be shown: they are read piece by piece, which only works with files. Copy the image to a disk and open it there.',
    scheme,
  );
