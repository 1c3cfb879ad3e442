import { clipped, type GuestRun } from './guestRun.js';

/** An image of a backing chain. */
export interface GuestLayer {
  /** Of its guest disk, in bytes. */
  readonly size: number;
  /** Bytes of guest disk for which it reads some metadata at once; Infinity when it reads none. */
  readonly step: number;
  /** Its runs, the first of which holds guest offset `from`, or begins shortly before it. */
  runs(from: number): Generator<GuestRun, void, void>;
}

/** A run, and the layer that says so: 0 is the image itself. */
export interface LayeredRun {
  readonly run: GuestRun;
  readonly depth: number;
}

/**
 * The guest disk of a backing chain as runs (bdrv_block_status, layer by layer): where a layer has
 * nothing, the one below it counts, as far as that reaches.
 */
export function* layeredMap(layers: readonly GuestLayer[]): Generator<LayeredRun, void, void> {
  if (layers.length === 0) return;
  const cursors = layers.map((layer) => new Cursor(layer));
  yield* between(cursors, 0, 0, layers[0].size);
}

function* between(
  cursors: readonly Cursor[],
  depth: number,
  from: number,
  to: number,
): Generator<LayeredRun, void, void> {
  const below = cursors.at(depth + 1);
  for (const run of cursors[depth].between(from, to)) {
    if (!below || !isTransparent(run)) {
      yield { run, depth };
      continue;
    }
    const end = run.start + run.length;
    const covered = Math.min(end, below.size);
    if (run.start < covered) yield* between(cursors, depth + 1, run.start, covered);
    if (covered < end) yield { run: clipped(run, covered, end), depth };
  }
}

function isTransparent(run: GuestRun): boolean {
  return run.kind === 'unallocated' || run.kind === 'unallocated-allocated';
}

/** Goes through the runs of a layer from front to back, once. */
class Cursor {
  readonly #layer: GuestLayer;
  #runs: Generator<GuestRun, void, void> | undefined;
  #run: GuestRun | undefined;

  constructor(layer: GuestLayer) {
    this.#layer = layer;
  }

  get size(): number {
    return this.#layer.size;
  }

  /** The runs between two guest offsets inside the layer; `from` is never less than the last `to`. */
  *between(from: number, to: number): Generator<GuestRun, void, void> {
    for (let at = from; at < to;) {
      const run = this.#at(at);
      if (!run) return;
      const part = clipped(run, at, to);
      at = part.start + part.length;
      yield part;
    }
  }

  #at(offset: number): GuestRun | undefined {
    const far = this.#run && offset - (this.#run.start + this.#run.length) >= this.#layer.step;
    if (!this.#runs || far) {
      this.#runs = this.#layer.runs(offset);
      this.#run = this.#next();
    }
    while (this.#run && this.#run.start + this.#run.length <= offset) this.#run = this.#next();
    return this.#run;
  }

  #next(): GuestRun | undefined {
    const next = this.#runs?.next();
    return next?.done === false ? next.value : undefined;
  }
}
