import { realpathSync } from 'node:fs';
import type { ByteSource } from '../../core/byteSource.js';
import { probedFormat } from '../../core/qcow2/foreignFormat.js';
import { isMappable, type MappableImage, openImage } from '../../core/qcow2/image.js';
import { FileError, type FileSource, type OpenFile } from '../fileSource.js';
import { type Backing, backingNode, type Overlay } from './backingNode.js';
import { type BlockNode, fileName, nodeName } from './blockNode.js';
import { cutFile } from './cutSource.js';

/** A file of a backing chain: an image, or a plain copy of a disk. */
export type ChainFile = {
  /** As QEMU names it. */
  readonly filename: string;
  /** As QEMU names what its map points into. */
  readonly mapFilename: string;
  /** Of the file that holds it. */
  readonly path: string;
  /** What is open for it. */
  readonly source: ByteSource;
} & (
  | ({ readonly format: 'qcow2'; readonly image: MappableImage } & Overlay)
  | {
      readonly format: 'raw';
      /** Where the disk begins in the file, and how many bytes of it the file has. */
      readonly offset: number;
      readonly bytes: number;
    }
);

/** A file whose format nobody here reads. */
export interface UnreadFile {
  readonly filename: string;
  readonly format: string;
}

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
  #unread: UnreadFile | undefined;
  readonly #opened: FileSource[] = [];
  readonly #paths = new Set<string>();

  /** `source` stays the caller's; what lies below it is opened by `open`, if given, until `close`. */
  constructor(source: ByteSource, filename: string, open?: OpenFile) {
    const top: BlockNode = { path: filename, cuts: [], format: 'qcow2', backing: new Map() };
    let refusal = this.#add(source, top);
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

  /** The file at which the chain ends for us, because its own map is not known here. */
  get unread(): UnreadFile | undefined {
    return this.#unread;
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
      const backing = backingNode(above);
      if (!backing) return undefined;
      const inFront = 'Could not open backing file: '.repeat(this.files.length);
      try {
        const refusal = this.#openBacking(backing, open);
        if (refusal !== undefined) return inFront + refusal;
      } catch (error) {
        if (error instanceof FileError) return inFront + error.message;
        throw error;
      }
    }
    return undefined;
  }

  #openBacking({ node, refusal, warning }: Backing, open: OpenFile): string | undefined {
    if (warning !== undefined) this.warnings.push(warning);
    if (!node) return refusal;
    const { path, cuts } = node;
    if (this.files.length === MAX_FILES)
      return `more than ${MAX_FILES} files, the next is '${path}'`;
    const source = open(path);
    this.#opened.push(source);
    // One file may hold several disks.
    const place = [realPath(path), ...cuts.map(({ offset }) => offset)].join('\0');
    if (this.#paths.has(place)) return `'${path}' is in the chain already`;
    this.#paths.add(place);
    const refused = this.#add(source, node);
    if (refused === undefined && node.objection !== undefined) this.files.pop();
    return refused ?? node.objection;
  }

  /** Adds a file; the reason when it is refused. */
  #add(file: ByteSource, node: BlockNode): string | undefined {
    const cut = cutFile(file, node.cuts);
    if (!cut.ok) return cut.message;
    const { source, offset, bytes } = cut.value;
    const format = node.format ?? probedFormat(source);
    const { path, backing } = node;
    const filename = nodeName(node, format);
    switch (format) {
      case 'raw':
        this.files.push({ filename, mapFilename: path, path, source, format, offset, bytes });
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
        this.files.push({
          filename,
          mapFilename: fileName(node),
          path,
          source,
          format,
          image,
          backing,
        });
        return undefined;
      }
      default:
        this.#unread = { filename, format };
        return `'${filename}' has the format '${format}', whose own map is not known here: expected qcow2 or raw`;
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
