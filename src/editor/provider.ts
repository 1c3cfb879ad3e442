import * as vscode from 'vscode';
import { ImageDocument } from './imageDocument.js';
import { ImagePanel } from './panel.js';
import type { Panels } from './panels.js';
import { OPTIONAL_VIEW_TYPE, VIEW_TYPE } from './viewType.js';

/** Opens documents and panels. Neither waits for the scan; neither throws for what a file holds. */
export class ImageEditorProvider implements vscode.CustomReadonlyEditorProvider<ImageDocument> {
  readonly #extension: vscode.Uri;
  readonly #panels: Panels;
  readonly #log: vscode.LogOutputChannel;
  readonly #documents = new Set<ImageDocument>();
  readonly #opens = new vscode.EventEmitter<ImageDocument>();

  /** A document was opened; nothing has been read of it yet. */
  readonly onDidOpen = this.#opens.event;

  constructor(extension: vscode.Uri, panels: Panels, log: vscode.LogOutputChannel) {
    this.#extension = extension;
    this.#panels = panels;
    this.#log = log;
  }

  register(): vscode.Disposable {
    const options = { supportsMultipleEditorsPerDocument: true };
    return vscode.Disposable.from(
      this.#opens,
      vscode.window.registerCustomEditorProvider(VIEW_TYPE, this, options),
      vscode.window.registerCustomEditorProvider(OPTIONAL_VIEW_TYPE, this, options),
    );
  }

  get documents(): readonly ImageDocument[] {
    return [...this.#documents];
  }

  openCustomDocument(uri: vscode.Uri): ImageDocument {
    const bundle = (name: string): string =>
      vscode.Uri.joinPath(this.#extension, 'dist', name).fsPath;
    const document = new ImageDocument(uri, bundle('scanWorker.js'), bundle('taskWorker.js'));
    this.#documents.add(document);
    document.onEvent((event) => {
      if (event.type === 'failed') this.#log.error(`${uri.toString(true)}: ${event.message}`);
      if (event.type === 'scanned') {
        const { milliseconds } = event.summary;
        this.#log.info(`${uri.toString(true)}: scanned in ${milliseconds.toFixed(0)} ms`);
      }
    });
    document.onDispose(() => {
      this.#documents.delete(document);
    });
    this.#opens.fire(document);
    return document;
  }

  resolveCustomEditor(document: ImageDocument, webviewPanel: vscode.WebviewPanel): void {
    const panel = new ImagePanel(document, webviewPanel, this.#extension, this.#log);
    this.#panels.add(panel);
    webviewPanel.onDidDispose(() => {
      this.#panels.delete(panel);
      panel.dispose();
    });
  }
}
