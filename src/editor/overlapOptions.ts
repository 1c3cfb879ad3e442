import * as vscode from 'vscode';
import { changesOverlap, overlapSettings, writeOverlap } from './settings.js';
import type { OverlapOptions } from '../protocol/shapes.js';
import { messageOf } from '../core/text.js';

/**
 * The overlap check's settings as one panel shows and changes them. What the panel sets is written
 * setting by setting, and each write is a change that VS Code tells of: the panel, which shows what
 * it has set already, is told only once all is written.
 */
export class PanelOverlapOptions implements vscode.Disposable {
  readonly #file: vscode.Uri;
  readonly #tell: (options: OverlapOptions) => void;
  readonly #subscription: vscode.Disposable;
  #written: Promise<void> = Promise.resolve();
  #writing = 0;

  /** `tell` hears the settings whenever they have changed. */
  constructor(file: vscode.Uri, tell: (options: OverlapOptions) => void) {
    this.#file = file;
    this.#tell = tell;
    this.#subscription = vscode.workspace.onDidChangeConfiguration((change) => {
      if (this.#writing === 0 && changesOverlap(change, file)) tell(this.current);
    });
  }

  get current(): OverlapOptions {
    return overlapSettings(this.#file);
  }

  /** Writes settings after those that are being written. */
  write(options: OverlapOptions): void {
    this.#writing++;
    this.#written = this.#written
      .then(() => writeOverlap(this.#file, options))
      .catch((error: unknown) => {
        const reason = messageOf(error);
        void vscode.window.showErrorMessage(
          vscode.l10n.t('The setting could not be written: {0}', reason),
        );
      })
      .then(() => {
        // Also after a failure: then the panel goes back to what holds.
        if (--this.#writing === 0) this.#tell(this.current);
      });
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
