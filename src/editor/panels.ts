import * as vscode from 'vscode';
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
