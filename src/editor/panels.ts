import * as vscode from 'vscode';
import type { ImageDocument } from './imageDocument.js';
import type { ImagePanel } from './panel.js';

/** The panels that are open: what commands and the status bar act on. */
export class Panels implements vscode.Disposable {
  readonly #open = new Set<ImagePanel>();
  readonly #changes = new vscode.EventEmitter<void>();

  /** A panel came, went, became active or not, or has news of its own. */
  readonly onChange = this.#changes.event;

  /** The panel that the user works in. */
  get active(): ImagePanel | undefined {
    return [...this.#open].find((panel) => panel.active);
  }

  /** The images that are shown, each once. */
  get documents(): readonly ImageDocument[] {
    return [...new Set([...this.#open].map(({ document }) => document))];
  }

  /** A panel that shows an image; the one that the user works in before others. */
  of(uri: vscode.Uri): ImagePanel | undefined {
    const address = uri.toString();
    const theirs = [...this.#open].filter(({ document }) => document.uri.toString() === address);
    return theirs.find((panel) => panel.active) ?? theirs.at(0);
  }

  add(panel: ImagePanel): void {
    this.#open.add(panel);
    panel.onChange(() => {
      this.#changes.fire();
    });
    this.#changes.fire();
  }

  delete(panel: ImagePanel): void {
    this.#open.delete(panel);
    this.#changes.fire();
  }

  dispose(): void {
    this.#changes.dispose();
  }
}
