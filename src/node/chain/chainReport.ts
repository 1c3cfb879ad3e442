import { dirname, isAbsolute, relative, sep } from 'node:path';
import { type Commit, commit } from '../../core/chain/commit.js';
import { isData, type LayerBytes, layerBytes } from '../../core/chain/layerBytes.js';
import { layeredMap } from '../../core/guest/backingChain.js';
import { findExtension } from '../../core/qcow2/extensions.js';
import { foreignFormat } from '../../core/qcow2/foreignFormat.js';
import { isForeign } from '../../core/qcow2/header.js';
import type { Image } from '../../core/qcow2/image.js';
import { type DiskContents, DiskSum } from '../../core/space/diskContents.js';
import type { FileSource, OpenFile } from '../fileSource.js';
import { filePath } from '../imageNames.js';
import { BackingChain, type ChainFile } from './backingChain.js';
import { backingNode } from './backingNode.js';
import { isJsonName } from './nodeOptions.js';
import { MapLayer } from './mapLayer.js';

/** How a layer is named by the one above it. */
interface Naming {
  /** As it is written in the image above. */
  readonly name: string;
  readonly resolved: string;
  /** What a relative name is relative to. */
  readonly relativeTo: string | undefined;
  /** The path leads out of the folder of the top image. */
  readonly leavesFolder: boolean;
}

/** A layer of the chain, the top one first. */
export interface ChainLayer {
  readonly filename: string;
  readonly naming: Naming | undefined;
  /** Undefined where the chain ends in something that is not opened, or not read. */
  readonly file: ChainFile | undefined;
  /** Undefined where the chain ends in something that is not opened. */
  readonly format: string | undefined;
  /** Of the file, if the layer is all of it and can be opened. */
  readonly path: string | undefined;
  readonly virtualSize: number | undefined;
  readonly allocatedBytes: number | undefined;
  /** Why it cannot be used. */
  readonly error: string | undefined;
  /** What a reader should know of it. */
  readonly notes: readonly string[];
  readonly bytes: LayerBytes | undefined;
  /** What committing this layer alone into the one below would do. */
  readonly commit: Commit | undefined;
  /** The same of this layer and all above it. */
  readonly fold: Commit | undefined;
}

export interface ChainReport {
  readonly layers: readonly ChainLayer[];
  /** Of the whole disk; undefined where it cannot be read to its end. */
  readonly contents: DiskContents | undefined;
  /** What QEMU says when it cannot open the chain. */
  readonly refusal: string | undefined;
  readonly hasChanged: boolean;
}

/** Follows the backing chain of an image, opening its files for reading only. Throws on I/O errors. */
export function chainReport(source: FileSource, filename: string, open: OpenFile): ChainReport {
  const sizes = new Map<string, number>();
  const opened: OpenFile = (path) => {
    const file = open(path);
    sizes.set(path, file.allocatedBytes);
    return file;
  };
  const chain = new BackingChain(source, filename, opened);
  try {
    const { files } = chain;
    const layers = files.map((file) => new MapLayer(file, []));
    const isWhole = chain.refusal === undefined;
    // What is below does not change what the layers above hold and show.
    const bytes = layerBytes(layers);
    const described = files.map((file, depth): ChainLayer => {
      const below = files.at(depth + 1);
      const base = below && {
        layer: layers[depth + 1],
        clusterSize: below.format === 'qcow2' ? below.image.geometry.clusterSize : undefined,
      };
      const above = depth > 0 ? files[depth - 1] : undefined;
      return {
        filename: file.filename,
        naming: above && namingOf(above, filename),
        file,
        format: file.format,
        path: file.filename === file.path ? file.path : undefined,
        virtualSize: layers[depth].size,
        allocatedBytes: depth === 0 ? source.allocatedBytes : sizes.get(file.path),
        error: undefined,
        notes: notesOf(file, above, layers[depth].size),
        bytes: bytes[depth],
        commit: base ? commit([layers[depth]], base) : undefined,
        fold: base ? commit(layers.slice(0, depth + 1), base) : undefined,
      };
    });
    if (!isWhole) {
      const { format, filename: unread } = chain.unread ?? {};
      const missing = missingLayer(files.at(-1), filename, chain.refusal);
      described.push({
        ...missing,
        format,
        path: unread === missing.filename ? unread : undefined,
        filename: unread ?? missing.filename,
        allocatedBytes: sizes.get(missing.filename),
      });
    }
    const contents = isWhole ? contentsOf(layers) : undefined;
    return { layers: described, contents, refusal: chain.refusal, hasChanged: chain.hasChanged() };
  } finally {
    chain.close();
  }
}

/** What the disk holds, seen through its layers. */
function contentsOf(layers: readonly MapLayer[]): DiskContents | undefined {
  const sum = new DiskSum();
  for (const { run } of layeredMap(layers)) {
    if (run.kind === 'damaged') return undefined;
    if (isData(run)) sum.add(run.start, run.length, run.kind === 'compressed');
  }
  return sum.contents;
}

/** What the last file that could be opened names as its backing file; the image itself if none could. */
function missingLayer(above: ChainFile | undefined, top: string, error: string): ChainLayer {
  const naming = above && namingOf(above, top);
  return {
    filename: naming?.resolved ?? top,
    naming,
    file: undefined,
    format: undefined,
    path: undefined,
    virtualSize: undefined,
    allocatedBytes: undefined,
    error,
    notes: [],
    bytes: undefined,
    commit: undefined,
    fold: undefined,
  };
}

function namingOf(above: ChainFile, top: string): Naming | undefined {
  const backing = above.format === 'raw' ? undefined : backingNode(above);
  if (!backing) return undefined;
  const { name, resolved, node } = backing;
  const isRelative = node !== undefined && !isAbsolute(resolved);
  const isNamedInImage = above.format === 'qcow2' && name === above.image.backingFile;
  const way = relative(dirname(top), resolved);
  return {
    name,
    resolved,
    relativeTo:
      !isNamedInImage || isJsonName(name)
        ? isRelative
          ? 'the working directory'
          : undefined
        : isRelative || name !== resolved
          ? dirname(above.path)
          : undefined,
    leavesFolder:
      node !== undefined && (isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`)),
  };
}

function notesOf(file: ChainFile, above: ChainFile | undefined, size: number): string[] {
  const notes: string[] = [];
  if (above?.format === 'qcow2') {
    const written = findExtension(above.image.extensions, 'backing-format');
    if (!written) notes.push('the image above does not say its format: QEMU has to guess it');
    else notes.push(...lieOf(file, written.name));
    const diskAbove = Number(above.image.geometry.virtualSize);
    if (size < diskAbove)
      notes.push('shorter than the disk above, which reads zeros behind its end');
    if (size > diskAbove) notes.push('longer than the disk above, which does not see its end');
  }
  if (file.format === 'qcow2')
    notes.push(...imageNotes(file.image, file.path, above !== undefined));
  return notes;
}

/** What the file really is, where the image above says something else. */
function lieOf(file: ChainFile, format: string): string[] {
  if (format !== 'raw') return [];
  if (!isForeign(file.source))
    return [
      'the image above calls it raw, but it is a qcow2 image: the guest reads its metadata as a disk',
    ];
  const found = foreignFormat(file.source);
  return found?.use === 'convert'
    ? [`the image above calls it raw, but it looks like ${found.title}`]
    : [];
}

function imageNotes(image: Image, filename: string, isBelow: boolean): string[] {
  const notes: string[] = [];
  if (image.dataFile !== undefined) {
    const path = filePath(image.dataFile);
    const place = isAbsolute(path) ? '' : ', relative to the working directory, not to the image';
    notes.push(`its data lie in '${image.dataFile}'${place}`);
  }
  if (isBelow && image.snapshotTable.snapshots.length > 0)
    notes.push(
      `has snapshots: a commit into '${filename}' copies the clusters that they share, which takes more room`,
    );
  return notes;
}
