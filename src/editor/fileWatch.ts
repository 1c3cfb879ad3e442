import * as vscode from 'vscode';

/** Milliseconds of peace after which a change is looked at: a running machine writes all the time. */
const QUIET = 500;

/** Tells, once until rearmed, that a file is no longer what it was. */
export class FileWatch implements vscode.Disposable {
  readonly #uri: vscode.Uri;
  readonly #onChange: () => void;
  readonly #watcher: vscode.FileSystemWatcher;
  #before: Promise<string>;
  #timer: NodeJS.Timeout | undefined;
  #changed = false;

  constructor(uri: vscode.Uri, onChange: () => void) {
    this.#uri = uri;
    this.#onChange = onChange;
    this.#before = stampOf(uri);
    const folder = vscode.Uri.joinPath(uri, '..');
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    this.#watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, name.replace(/[[\]{}*?]/g, '[$&]')),
    );
    const look = (): void => {
      if (this.#changed) return;
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.#compare();
      }, QUIET);
    };
    this.#watcher.onDidChange(look);
    this.#watcher.onDidCreate(look);
    this.#watcher.onDidDelete(look);
  }

  get changed(): boolean {
    return this.#changed;
  }

  /** Takes the file as it is now for the one to watch. */
  rearm(): void {
    this.#changed = false;
    this.#before = stampOf(this.#uri);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#watcher.dispose();
  }

  async #compare(): Promise<void> {
    const before = this.#before;
    // Access times and permissions change too: only a new size or time of writing counts.
    const [then, now] = await Promise.all([before, stampOf(this.#uri)]);
    if (then === now || this.#changed || before !== this.#before) return;
    this.#changed = true;
    this.#onChange();
  }
}

/** Size and time of the last write; "gone" when the file cannot be found. */
async function stampOf(uri: vscode.Uri): Promise<string> {
  try {
    const { size, mtime } = await vscode.workspace.fs.stat(uri);
    return `${size} ${mtime}`;
  } catch {
    return 'gone';
  }
}
