import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Layer } from '../core/picture/layer.js';
import type { PlaceFound } from '../core/inspect/locate.js';
import type {
  FromWebview,
  LoadWorkload,
  SearchRequest,
  ToWebview,
  ViewCommand,
} from '../protocol/webviewMessages.js';
import { ChosenWorkloads } from './chosenWorkloads.js';
import { allowWorkload, chooseWorkload } from './chooseWorkload.js';
import { openAsIf } from './openAsIf.js';
import { openBackingFile } from './backingFile.js';
import { openHexEditor } from './hexEditor.js';
import { pageHtml } from './html.js';
import type { ImageDocument } from './imageDocument.js';
import { PanelOverlapOptions } from './overlapOptions.js';
import { savePicture } from './savePicture.js';
import {
  cacheSettings,
  discardNoUnrefSetting,
  heatmapSettings,
  onDidChangeCacheSettings,
  onDidChangeDiscardNoUnref,
  onDidChangeHeatmapSettings,
  writeCaches,
  writeCurve,
  writeDiscardNoUnref,
} from './settings.js';
import { usualShell } from './shell.js';
import { fromWebview } from './validate.js';
import type { ClusterDetail } from '../core/inspect/inspection.js';
import type { Query } from '../protocol/questions.js';
import type { Request } from '../protocol/rpc.js';
import type { GuestCluster, HostCluster } from '../core/units.js';
import { messageOf } from '../core/text.js';

/** One tab that shows an image. */
export class ImagePanel implements vscode.Disposable {
  readonly document: ImageDocument;
  readonly #panel: vscode.WebviewPanel;
  readonly #log: vscode.LogOutputChannel;
  readonly #changes = new vscode.EventEmitter<void>();
  readonly #gone = new AbortController();
  readonly #overlap: PanelOverlapOptions;
  readonly #parts: vscode.Disposable[] = [this.#changes];
  readonly #workloads = new ChosenWorkloads();
  #ready = false;
  #selected: HostCluster | undefined;
  #selectedGuest: GuestCluster | undefined;
  #history = { back: false, forward: false };
  /** What is to be shown once the webview listens. */
  #toShow: ToWebview | undefined;

  /** Something that the status bar and the commands go by has changed. */
  readonly onChange = this.#changes.event;

  constructor(
    document: ImageDocument,
    panel: vscode.WebviewPanel,
    extension: vscode.Uri,
    log: vscode.LogOutputChannel,
  ) {
    this.document = document;
    this.#panel = panel;
    this.#log = log;
    this.#overlap = new PanelOverlapOptions(document.uri, (options) => {
      this.#post({ type: 'overlapOptions', options });
    });
    const { webview } = panel;
    const dist = vscode.Uri.joinPath(extension, 'dist');
    webview.options = {
      enableScripts: true,
      localResourceRoots: [dist, vscode.Uri.joinPath(extension, 'media')],
    };
    const address = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
    this.#parts.push(
      this.#overlap,
      webview.onDidReceiveMessage((message: unknown) => {
        this.#receive(message);
      }),
      panel.onDidChangeViewState(() => {
        // What was sent to a hidden panel is lost.
        if (panel.visible) {
          this.#postState();
          document.look();
        }
        this.#changes.fire();
      }),
      document.onEvent((event) => {
        this.#post({ type: 'event', event });
        this.#changes.fire();
      }),
      document.chain.onChange((chain) => {
        this.#post({ type: 'chain', chain });
      }),
      onDidChangeHeatmapSettings((settings) => {
        this.#post({ type: 'settings', settings });
      }),
      onDidChangeCacheSettings(document.uri, (options) => {
        this.#post({ type: 'cacheOptions', options });
      }),
      onDidChangeDiscardNoUnref(document.uri, (discardNoUnref) => {
        this.#post({ type: 'discardNoUnref', discardNoUnref });
      }),
    );
    webview.html = pageHtml({
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('hex'),
      script: address('webview.js'),
      style: address('webview.css'),
      laterStyle: address('panes.css'),
      language: vscode.env.language,
    });
  }

  get active(): boolean {
    return this.#panel.active;
  }

  /** The cluster that the user has selected, if any. */
  get selected(): HostCluster | undefined {
    return this.#selected;
  }

  /** The cluster of the guest's disk that the user has picked, if any. */
  get selectedGuest(): GuestCluster | undefined {
    return this.#selectedGuest;
  }

  /** Whether there are places to go back and forward to. */
  get history(): { readonly back: boolean; readonly forward: boolean } {
    return this.#history;
  }

  /** Brings a cluster into view and selects it. */
  reveal(cluster: HostCluster): void {
    this.#show({ type: 'reveal', cluster });
  }

  /** Shows a cluster for the time being; undefined ends it where it began. */
  preview(cluster: HostCluster | undefined): void {
    this.#post({ type: 'preview', cluster });
  }

  search(search: SearchRequest): void {
    this.#show({ type: 'search', search });
  }

  /** Where a place is; a sentence when the worker cannot tell. */
  locate(place: Query<'locate'>['place']): Promise<PlaceFound | string> {
    return this.document.ask('locate', { place }, this.#gone.signal).catch(messageOf);
  }

  /** All that is known of the selected cluster; undefined when none is, or nothing is known. */
  async selectedDetail(): Promise<ClusterDetail | undefined> {
    const cluster = this.#selected;
    if (cluster === undefined) return undefined;
    return this.document.ask('cluster', { cluster }, this.#gone.signal).catch(() => undefined);
  }

  command(command: ViewCommand): void {
    this.#post({ type: 'command', command });
  }

  showLayer(layer: Layer): void {
    this.#post({ type: 'showLayer', layer });
  }

  /** Lets the user choose a workload's file, and shows what it does to the caches. */
  async loadWorkload({ isSecond, uri }: LoadWorkload = {}): Promise<void> {
    const file = await (uri === undefined ? chooseWorkload() : allowWorkload(uri));
    if (file === undefined) return;
    this.#workloads.add(file);
    this.#show({ type: 'workload', file, isSecond });
  }

  dispose(): void {
    this.#gone.abort();
    for (const part of this.#parts) part.dispose();
  }

  #receive(unknown: unknown): void {
    const message = fromWebview(unknown);
    if (message) this.#handle(message);
    else this.#log.warn(`Dropped a message that is not of the protocol: ${excerpt(unknown)}`);
  }

  #handle(message: FromWebview): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#postState();
        break;
      case 'request':
        this.#ask(message.request);
        break;
      case 'cancelScan':
        this.document.cancelScan();
        break;
      case 'reload':
        this.document.reload();
        break;
      case 'setCurve':
        void writeCurve(message.curve);
        break;
      case 'setOverlap':
        this.#overlap.write(message.options);
        break;
      case 'setCaches':
        void writeCaches(this.document.uri, message.options);
        break;
      case 'setDiscardNoUnref':
        void writeDiscardNoUnref(this.document.uri, message.discardNoUnref);
        break;
      case 'selected':
        this.#selected = message.cluster;
        this.#selectedGuest = message.guest;
        this.#changes.fire();
        break;
      case 'history':
        this.#history = { back: message.back, forward: message.forward };
        this.#changes.fire();
        break;
      case 'saveFile':
        void savePicture(this.document.uri, message.format, message.bytes);
        break;
      case 'copy':
        void vscode.env.clipboard.writeText(message.text);
        break;
      case 'loadWorkload':
        void this.loadWorkload(message);
        break;
      case 'openAsIf':
        if (message.assumed === undefined) void openAsIf(this.document);
        else this.document.openAsIf(message.assumed);
        break;
      case 'openBackingFile':
        void openBackingFile(this.document);
        break;
      case 'readChain':
        void this.document.chain.read();
        break;
      case 'openLayer':
        void this.document.chain.open(message.depth);
        break;
      case 'openHex':
        void openHexEditor(this.document.uri, message.offset);
        break;
    }
  }

  #ask(request: Request): void {
    const error = this.#workloads.refusal(request);
    if (error !== undefined) {
      this.#post({ type: 'reply', id: request.id, ok: false, error });
      return;
    }
    this.document.forward(request, this.#gone.signal).then(
      (reply) => {
        this.#post(reply);
      },
      // Only the closing of this panel rejects: nobody waits any more.
      () => undefined,
    );
  }

  /** All that a webview needs which has just begun to listen. */
  #postState(): void {
    this.#post({ type: 'settings', settings: heatmapSettings() });
    this.#post({ type: 'shell', shell: usualShell() });
    this.#post({ type: 'overlapOptions', options: this.#overlap.current });
    this.#post({ type: 'cacheOptions', options: cacheSettings(this.document.uri) });
    const discardNoUnref = discardNoUnrefSetting(this.document.uri);
    this.#post({ type: 'discardNoUnref', discardNoUnref });
    for (const event of this.document.history) this.#post({ type: 'event', event });
    this.#post({ type: 'chain', chain: this.document.chain.answer });
    if (this.#ready && this.#toShow) {
      this.#post(this.#toShow);
      this.#toShow = undefined;
    }
  }

  #show(message: ToWebview): void {
    if (this.#ready) this.#post(message);
    else this.#toShow = message;
  }

  #post(message: ToWebview): void {
    if (this.#ready && !this.#gone.signal.aborted) void this.#panel.webview.postMessage(message);
  }
}

/** Enough of a stranger's message to recognise it by. */
function excerpt(message: unknown): string {
  try {
    return JSON.stringify(message)?.slice(0, 200) ?? typeof message;
  } catch {
    return typeof message;
  }
}
