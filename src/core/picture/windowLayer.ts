import { CHUNK } from '../map/clusterMap.js';
import { markOfCode, WINDOW_CODES } from '../overlap/windowMarks.js';
import { WINDOW_SIZE } from '../overlap/typeRuns.js';
import { ranksOf, valueOf } from './layer.js';
import { type Packed, packedGlyph, type PictureSource } from './source.js';

/** Chunks of a window: so a chunk has one value. */
const CHUNKS = WINDOW_SIZE / CHUNK;

/** By code of a window (see windowMarks.ts): that it is unprotected says more than how it is kept. */
const CELLS = Array.from({ length: WINDOW_CODES }, (_, code): Packed => {
  const { form, exposure } = markOfCode(code);
  return packedGlyph(valueOf('windows', exposure ?? form));
});

/** The host file in which each cluster has the state of its overlap window. */
export class WindowLayer implements PictureSource {
  readonly clusters: number;
  readonly ranks = ranksOf({ view: 'host', layer: 'windows' });
  /** By window of the file: its code. */
  readonly #codes: Uint8Array;

  /** `marks`: of all windows of the file's clusters, see windowMarks.ts. */
  constructor(clusters: number, marks: readonly number[]) {
    this.clusters = clusters;
    this.#codes = new Uint8Array(Math.ceil(clusters / WINDOW_SIZE));
    for (let i = 0, from = 0; i < marks.length; from += marks[i + 1], i += 2)
      this.#codes.fill(marks[i], from, from + marks[i + 1]);
  }

  /** Whether it is the same picture. */
  equals(other: WindowLayer): boolean {
    return this.#codes.every((code, window) => code === other.#codes[window]);
  }

  uniform(chunk: number): Packed {
    return CELLS[this.#codes[Math.floor(chunk / CHUNKS)]];
  }

  read(chunk: number, from: number, to: number, target: Uint32Array): void {
    target.fill(this.uniform(chunk), 0, to - from);
  }
}
