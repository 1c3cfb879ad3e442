import type { CellCounts } from '../../src/protocol/navigation.js';
import { BLOCK_EDGE } from '../../src/protocol/limits.js';
import type { Curve } from '../../src/core/picture/curve.js';
import { arrangedNumbers } from './tiles/arrangedBlocks.js';
import { BlockStore, cellInBlock } from './tiles/blockStore.js';
import type { Query } from '../../src/protocol/questions.js';

/** Stored refcount and references counted, each 255 for "255 or more". */
export interface Counts {
  readonly stored: number;
  readonly references: number;
}

const CELLS = BLOCK_EDGE * BLOCK_EDGE;

/** The counts of the cells in view, as they come. */
export class CellCountStore extends BlockStore<Uint16Array> {
  /** `curve`: that of the picture as it is arranged now. */
  constructor(
    fetch: (query: Query<'cells'>) => Promise<CellCounts>,
    curve: () => Curve,
    arrived: () => void,
  ) {
    const ask = async (query: Query<'cells'>): Promise<Uint16Array> =>
      valuesOf((await fetch(query)).runs);
    super((query) => arrangedNumbers(curve(), query, ask), new Uint16Array(CELLS), arrived);
  }

  at(x: number, y: number): Counts | undefined {
    const value = this.blockOf(x, y)?.[cellInBlock(x, y)];
    return value === undefined ? undefined : { stored: value & 0xff, references: value >>> 8 };
  }
}

function valuesOf(runs: readonly number[]): Uint16Array {
  const values = new Uint16Array(CELLS);
  let at = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    values.fill(runs[i], at, at + runs[i + 1]);
    at += runs[i + 1];
  }
  return values;
}
