import { MAX_NODE_LENGTH } from '../../qcow2/limits.js';
import { lowestType, overlapMessage, type TypeSet } from '../../overlap/types.js';
import { hex } from '../../bytes.js';
import { RequestError, Unpredictable } from '../copy/failure.js';
import type { Guard } from './guard.js';
import type { LossFinder } from './losses.js';
import type { WriteKind } from '../copy/outcome.js';
import { bytesPart, lengthOf, type Overlay, type Part, ZEROS } from '../copy/overlay.js';
import type { Recorder } from '../copy/recorder.js';
import type { Signal } from '../copy/signal.js';

/** No file system is known to refuse a file of this length in bytes; some refuse a longer one. */
export const SURE_LENGTH = 2 ** 43;

/** What the guest gets to see: no request is carried out in another way because of it. */
const DATA: ReadonlySet<WriteKind> = new Set([
  'guest data',
  'compressed data',
  'zeroed area',
  'copy on write',
  'hole',
  'hole in kept data',
]);

/** The image's file as the driver writes it: through the overlap check, or past it. */
export class HostFile {
  readonly overlay: Overlay;
  /** Whether what is written for the guest is remembered. */
  keepsData = true;
  readonly #guard: Guard;
  readonly #recorder: Recorder;
  readonly #signal: Signal;
  readonly #losses: LossFinder;

  constructor(
    overlay: Overlay,
    guard: Guard,
    recorder: Recorder,
    signal: Signal,
    losses: LossFinder,
  ) {
    this.overlay = overlay;
    this.#guard = guard;
    this.#recorder = recorder;
    this.#signal = signal;
    this.#losses = losses;
  }

  /** Asks the overlap check, as for a write that is not done here. Throws RequestError. */
  check(what: WriteKind, ignore: TypeSet, offset: number, size: number): void {
    const found = this.#guard.check(ignore, offset, size);
    if (found === 0) return;
    const conflict = overlapMessage(lowestType(found));
    const hits = this.#guard.hits(ignore, offset, size);
    this.#recorder.write({
      type: 'write',
      what,
      offset,
      size,
      checked: true,
      ignore,
      conflict,
      hits,
      losses: [],
    });
    this.#signal.fatal(conflict, { offset, size });
    throw new RequestError('EIO');
  }

  /** A write behind a check that ignores `ignore`. Throws RequestError. */
  writeChecked(what: WriteKind, ignore: TypeSet, offset: number, parts: readonly Part[]): void {
    this.check(what, ignore, offset, lengthOf(parts));
    this.#write(what, true, ignore, offset, parts);
  }

  /** A write of which the check was asked before. */
  writeAfterCheck(what: WriteKind, offset: number, parts: readonly Part[]): void {
    this.#write(what, true, 0, offset, parts);
  }

  /** A write behind a check that was done to the copy in another way, and harms nobody. */
  noteWrite(what: WriteKind, offset: number, size: number): void {
    this.#recorder.write({
      type: 'write',
      what,
      offset,
      size,
      checked: true,
      ignore: 0,
      conflict: undefined,
      hits: 0,
      losses: [],
    });
    this.#guard.wrote(offset, size);
  }

  /** A write that QEMU does not check, of something that has business with the types `own`. */
  writeUnchecked(what: WriteKind, own: TypeSet, offset: number, parts: readonly Part[]): void {
    this.#write(what, false, own, offset, parts);
  }

  writeBytes(what: WriteKind, own: TypeSet, offset: number, bytes: Uint8Array): void {
    this.#write(what, false, own, offset, [bytesPart(bytes)]);
  }

  /** Gives bytes back to the file system. Errors are dropped, as QEMU drops them. */
  punch(what: Extract<WriteKind, `hole${string}`>, offset: number, size: number): void {
    if (BigInt(offset) + BigInt(size) > MAX_NODE_LENGTH) return;
    const hits = this.#guard.hits(0, offset, size);
    this.#recorder.write({
      type: 'write',
      what,
      offset,
      size,
      checked: false,
      ignore: 0,
      conflict: undefined,
      hits,
      losses: this.#losses.find(what, 0, offset, [{ length: size, content: ZEROS }], hits),
    });
    if (this.#keeps(what, hits)) this.overlay.punch(offset, size);
    this.#guard.wrote(offset, size);
  }

  /** Fills `target` from the file. Throws RequestError past any file. */
  read(target: Uint8Array, offset: number): void {
    if (BigInt(offset) + BigInt(target.length) > MAX_NODE_LENGTH) throw new RequestError('EIO');
    this.#recorder.work(target.length);
    this.overlay.readInto(target, offset);
  }

  #write(
    what: WriteKind,
    checked: boolean,
    ignore: TypeSet,
    offset: number,
    parts: readonly Part[],
  ): void {
    const size = lengthOf(parts);
    if (BigInt(offset) + BigInt(size) > MAX_NODE_LENGTH) throw new RequestError('EIO');
    if (offset + size > SURE_LENGTH && offset + size > this.overlay.size)
      throw new Unpredictable(
        `it depends on the file system whether the file can reach ${hex(offset + size)}`,
      );
    const hits = this.#guard.hits(ignore, offset, size);
    this.#recorder.write({
      type: 'write',
      what,
      offset,
      size,
      checked,
      ignore,
      conflict: undefined,
      hits,
      losses: this.#losses.find(what, ignore, offset, parts, hits),
    });
    if (this.#keeps(what, hits)) this.overlay.write(offset, parts);
    else this.overlay.reach(offset + size);
    this.#guard.wrote(offset, size);
  }

  /** Data on top of metadata is read again. */
  #keeps(what: WriteKind, hits: TypeSet): boolean {
    return this.keepsData || hits !== 0 || !DATA.has(what);
  }
}
