import * as vscode from 'vscode';

/** Milliseconds of peace after which a change is told of: a running machine writes all the time. */
const QUIET = 500;

/** Tells that something has happened to a file, and not more often than is of use. */
export class FileWatch implements vscode.Disposable {
  readonly #watcher: vscode.FileSystemWatcher;
  #timer: NodeJS.Timeout | undefined;

  constructor(uri: vscode.Uri, onEvent: () => void) {
    const folder = vscode.Uri.joinPath(uri, '..');
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    this.#watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, name.replace(/[[\]{}*?]/g, '[$&]')),
    );
    const tell = (): void => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        onEvent();
      }, QUIET);
    };
    this.#watcher.onDidChange(tell);
    this.#watcher.onDidCreate(tell);
    this.#watcher.onDidDelete(tell);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#watcher.dispose();
  }
}
