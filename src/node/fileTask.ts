import { dirname, relative, sep, isAbsolute } from 'node:path';
import { realpathSync } from 'node:fs';
import { asOfSnapshot } from '../core/compare/diskState.js';
import { type Comparison, comparison, type ComparedSide } from '../core/compare/comparison.js';
import { comparisonLines } from '../core/compare/comparisonText.js';
import { isMappable, openImage } from '../core/qcow2/image.js';
import type { DiskContents } from '../core/space/diskContents.js';
import type { ToldLayer } from '../protocol/chain.js';
import { type ChainLayer, chainReport } from './chain/chainReport.js';
import { FileError, FileSource } from './fileSource.js';

/** A disk to compare: of an image, or of a snapshot at a place of its table. */
export interface ComparedDisk {
  readonly path: string;
  readonly snapshot: number | undefined;
}

/** What is done with files beside the one that an editor shows: in a thread of its own, once. */
export type FileTask =
  | {
      readonly type: 'chain';
      readonly path: string;
      /** Folders with all below them, and folders alone, of which files may be opened. */
      readonly roots: readonly string[];
      readonly folders: readonly string[];
    }
  | { readonly type: 'snapshots'; readonly path: string }
  | { readonly type: 'compare'; readonly a: ComparedDisk; readonly b: ComparedDisk };

export type FileTaskResult =
  | {
      readonly type: 'chain';
      readonly layers: readonly ToldLayer[];
      readonly refusal: string | undefined;
      readonly contents: DiskContents | undefined;
      /** A file that was not opened, because nobody has allowed its folder. */
      readonly asks: string | undefined;
    }
  | { readonly type: 'snapshots'; readonly names: readonly string[] }
  | {
      readonly type: 'compare';
      readonly comparison: Comparison;
      readonly lines: readonly string[];
      /** A file is not what it was when it was opened. */
      readonly hasChanged: boolean;
    };

/** Throws FileError and what core throws. Files are opened for reading only. */
export function runFileTask(task: FileTask): FileTaskResult {
  switch (task.type) {
    case 'chain':
      return readChain(task);
    case 'snapshots':
      return withFile(task.path, (source) => ({
        type: 'snapshots',
        names: openImage(source).snapshotTable.snapshots.map(({ name }) => name),
      }));
    case 'compare':
      return withFile(task.a.path, (one) =>
        withFile(task.b.path, (other) => {
          const report = comparison(
            sideOf(one, task.a),
            sideOf(other, task.b),
            one.isSameFile(other),
          );
          const lines = [...comparisonLines(report, nameOf(one, task.a), nameOf(other, task.b))];
          const hasChanged = one.hasChanged() || other.hasChanged();
          return { type: 'compare', comparison: report, lines, hasChanged };
        }),
      );
  }
}

function withFile<T>(path: string, use: (source: FileSource) => T): T {
  const source = FileSource.open(path);
  try {
    return use(source);
  } finally {
    source.close();
  }
}

function readChain({ path, roots, folders }: Extract<FileTask, { type: 'chain' }>): FileTaskResult {
  let asks: string | undefined;
  const open = (below: string): FileSource => {
    const real = realPath(below);
    if (real !== undefined && !isAllowed(real, roots, folders)) {
      asks = real;
      throw new FileError(`'${below}' was not opened: nobody has allowed it`);
    }
    return FileSource.open(below);
  };
  return withFile(path, (source) => {
    const { layers, refusal, contents } = chainReport(source, path, open);
    return { type: 'chain', layers: layers.map(toldLayer), refusal, contents, asks };
  });
}

/** Where a path leads; undefined for what is not there, which opening tells. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isAllowed(path: string, roots: readonly string[], folders: readonly string[]): boolean {
  if (folders.includes(dirname(path))) return true;
  return roots.some((root) => {
    const way = relative(realPath(root) ?? root, path);
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  });
}

const toldLayer = ({ naming, ...layer }: ChainLayer): ToldLayer => ({
  filename: layer.filename,
  format: layer.format,
  path: layer.path,
  virtualSize: layer.virtualSize,
  allocatedBytes: layer.allocatedBytes,
  error: layer.error,
  notes: layer.notes,
  bytes: layer.bytes,
  commit: layer.commit,
  fold: layer.fold,
  naming: naming && {
    name: naming.name,
    relativeTo: naming.relativeTo,
    leavesFolder: naming.leavesFolder,
  },
});

function sideOf(source: FileSource, { path, snapshot }: ComparedDisk): ComparedSide {
  const image = openImage(source);
  if (!isMappable(image)) throw new FileError(`'${path}' has no map of its disk`);
  if (snapshot === undefined) return { image, disk: image };
  return { image, disk: asOfSnapshot(image, snapshotAt(source, path, snapshot)) };
}

function snapshotAt(source: FileSource, path: string, place: number) {
  const snapshot = openImage(source).snapshotTable.snapshots.at(place);
  if (!snapshot) throw new FileError(`'${path}' has no such snapshot any more`);
  return snapshot;
}

function nameOf(source: FileSource, { path, snapshot }: ComparedDisk): string {
  if (snapshot === undefined) return path;
  return `snapshot '${snapshotAt(source, path, snapshot).name}' of ${path}`;
}
