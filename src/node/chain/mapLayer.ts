import { roundUp } from '../../core/bytes.js';
import { bytesPerTable, guestMap } from '../../core/guest/guestMap.js';
import type { GuestRun } from '../../core/guest/guestRun.js';
import type { GuestLayer } from '../../core/guest/backingChain.js';
import { StoredRefcounts } from '../../core/check/storedRefcounts.js';
import type { MappableImage } from '../../core/qcow2/image.js';
import type { ChainFile } from './backingChain.js';
import { filePath } from '../imageNames.js';

/** A file of the chain as a layer, and what QEMU says of it. */
export class MapLayer implements GuestLayer {
  readonly size: number;
  readonly step: number;
  /** The file that holds the data. */
  readonly dataFile: string;
  readonly isEncrypted: boolean;
  readonly #file: ChainFile;
  readonly #messages: string[];
  #isUsed = false;
  #hasSignaled = false;

  constructor(file: ChainFile, messages: string[]) {
    this.#file = file;
    this.#messages = messages;
    if (file.format === 'raw') {
      this.size = roundUp(file.source.size, 512);
      this.step = Infinity;
      this.dataFile = file.mapFilename;
      this.isEncrypted = false;
      return;
    }
    const { geometry, header, dataFile } = file.image;
    this.size = Number(geometry.virtualSize);
    this.step = bytesPerTable(geometry);
    // Unlike a backing file, relative to the working directory.
    this.dataFile = dataFile === undefined ? file.mapFilename : filePath(dataFile);
    this.isEncrypted = header.number('crypt_method') !== 0;
  }

  runs(from: number): Generator<GuestRun, void, void> {
    if (this.#file.format === 'raw') return rawRuns(this.#file.bytes, this.size, this.#file.offset);
    const { image } = this.#file;
    if (!this.#isUsed) {
      this.#isUsed = true;
      const line = refcountSignal(image);
      if (line !== undefined) this.#say(line);
    }
    return guestMap(image, from);
  }

  /** What is corrupt, which QEMU says once for each image. */
  signal(what: string): void {
    this.#say(
      `qcow2: Image is corrupt: ${what}; further non-fatal corruption events will be suppressed`,
    );
  }

  #say(line: string): void {
    if (!this.#hasSignaled) this.#messages.push(line);
    this.#hasSignaled = true;
  }
}

/** A disk in a plain file: QEMU takes what the disk has behind the file's end for a hole. */
function* rawRuns(bytes: number, size: number, offset: number): Generator<GuestRun, void, void> {
  if (bytes > 0) yield { kind: 'normal', start: 0, length: bytes, hostOffset: offset };
  const length = size - bytes;
  if (length > 0)
    yield { kind: 'zero-allocated', start: bytes, length, hostOffset: offset + bytes };
}

/**
 * Before it maps, QEMU counts the clusters in use (qcow2_detect_metadata_preallocation), and says
 * when it comes upon a refcount block off the cluster grid.
 */
function refcountSignal(image: MappableImage): string | undefined {
  const { refcountTable, geometry } = image;
  const stored = new StoredRefcounts(image, geometry);
  const blocks = Math.ceil(geometry.hostClusters / geometry.refcountsPerBlock);
  for (let index = 0; index < Math.min(blocks, refcountTable.present); index++) {
    const isAligned = (refcountTable.low(index) & (geometry.clusterSize - 1) & ~511) === 0;
    // The upper half of the longest file that QEMU knows: what is past it, cannot be read.
    if (isAligned && refcountTable.high(index) < 0x7fffffff) continue;
    if (stored.exact(index * geometry.refcountsPerBlock) === undefined) return stored.signal;
  }
  return undefined;
}
