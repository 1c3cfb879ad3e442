import { realpathSync } from 'node:fs';
import type { ByteSource } from '../../core/byteSource.js';
import { isForeign } from '../../core/qcow2/header.js';
import { type Image, isMappable, type MappableImage, openImage } from '../../core/qcow2/image.js';
import { FileError, type FileSource, type OpenFile } from '../fileSource.js';
import { filePath, fullBackingName, notAFile } from '../imageNames.js';

/** A file of a backing chain: an image, or a plain copy of a disk. */
export type ChainFile = {
  /** As QEMU names it. */
  readonly filename: string;
  /** What is open for it. */
  readonly source: ByteSource;
} & ({ readonly format: 'qcow2'; readonly image: MappableImage } | { readonly format: 'raw' });

/** More images than this above one another are no backup chain any more. */
const MAX_FILES = 256;

/** The image that was asked for and what lies below it, opened for reading only. */
export class BackingChain {
  /** The image itself first. */
  readonly files: ChainFile[] = [];
  /** What QEMU warns of while opening, line by line. */
  readonly warnings: string[] = [];
  /** Why the chain cannot be opened, in QEMU's words where it has some. */
  readonly refusal: string | undefined;
  #hint: string | undefined;
  readonly #opened: FileSource[] = [];
  readonly #paths = new Set<string>();

  /** `source` stays the caller's; what lies below it is opened by `open`, if given, until `close`. */
  constructor(source: ByteSource, filename: string, open?: OpenFile) {
    let refusal = this.#add(source, filename, 'qcow2');
    const inFront = `Could not open '${filename}': `;
    if (open && refusal === undefined) {
      this.#paths.add(realPath(filename));
      refusal = this.#openBelow(open);
    }
    this.refusal = refusal === undefined ? undefined : inFront + refusal;
  }

  /** What QEMU advises when it refuses. */
  get hint(): string | undefined {
    return this.#hint;
  }

  /** Whether what lies below the image is not what was opened. */
  hasChanged(): boolean {
    return this.#opened.some((source) => source.hasChanged());
  }

  close(): void {
    for (const source of this.#opened) source.close();
  }

  /** Opens file after file; the reason when one cannot be opened. */
  #openBelow(open: OpenFile): string | undefined {
    for (let above = this.files.at(-1); above?.format === 'qcow2'; above = this.files.at(-1)) {
      const { backingFile } = above.image;
      if (backingFile === undefined || backingFile === '') return undefined;
      const inFront = 'Could not open backing file: '.repeat(this.files.length);
      try {
        const refusal =
          notAFile(backingFile) ??
          this.#openBacking(
            above.image,
            open,
            filePath(fullBackingName(above.filename, backingFile)),
          );
        if (refusal !== undefined) return inFront + refusal;
      } catch (error) {
        if (error instanceof FileError) return inFront + error.message;
        throw error;
      }
    }
    return undefined;
  }

  #openBacking(above: Image, open: OpenFile, path: string): string | undefined {
    const format = above.extensions.list.findLast((e) => e.type === 'backing-format');
    if (this.files.length === MAX_FILES)
      return `more than ${MAX_FILES} files, the next is '${path}'`;
    const source = open(path);
    this.#opened.push(source);
    const real = realPath(path);
    if (this.#paths.has(real)) return `'${path}' is in the chain already`;
    this.#paths.add(real);
    return this.#add(source, path, format?.name ?? probed(source));
  }

  /** Adds a file; the reason when it is refused. */
  #add(source: ByteSource, filename: string, format: string): string | undefined {
    switch (format) {
      case 'raw':
        this.files.push({ filename, source, format });
        return undefined;
      case 'qcow2': {
        const image = openImage(source);
        const { open, check } = image.refusal;
        const isAboutSnapshots =
          open !== undefined && open === image.snapshotTable.failure?.message;
        // What a check does not refuse in the header is refused before the warnings.
        if (open === check || isAboutSnapshots) this.warnings.push(...image.warnings);
        if (isAboutSnapshots) this.#hint = image.snapshotFailure?.messages[1];
        if (open !== undefined) return open;
        if (!isMappable(image)) return 'The file has too many clusters';
        this.files.push({ filename, source, format, image });
        return undefined;
      }
      default:
        return `'${filename}' has the format '${format}', expected qcow2 or raw`;
    }
  }
}

/** The file that a path leads to; the path itself when that is gone by now. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The format of a file whose name says none, as far as we know formats. */
const probed = (source: ByteSource): 'qcow2' | 'raw' => (isForeign(source) ? 'raw' : 'qcow2');
