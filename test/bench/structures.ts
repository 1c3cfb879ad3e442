import { BIT } from '../../src/core/map/kinds.js';
import type { MetadataList } from '../../src/core/overlap/metadataList.js';
import { OperationList } from '../../src/core/overlap/operationList.js';
import { Replay } from '../../src/core/overlap/replay.js';
import { NO_LIMIT, type StructureSettings } from '../../src/core/overlap/settings.js';
import { TEMPLATES } from '../../src/core/overlap/types.js';
import { Random } from '../images/random.js';

const FILE = 2 ** 40;
const ROUNDS = 7;
const CHECKS = 2_000_000;
const SETTINGS: StructureSettings = {
  guarded: TEMPLATES.cached,
  bitmapSize: 65536,
  totalSizeLimit: NO_LIMIT,
  policy: 'evict',
};

/** Milliseconds of a rebuild, and checks of cached windows per second, over a full 1 TiB image. */
export interface StructuresNumbers {
  readonly operations: number;
  readonly rebuild: number;
  readonly checksPerSecond: number;
}

/** @param seed permutes the L2 tables; without it they are entered in ascending order */
export function structuresNumbers(clusterBits: number, seed?: number): StructuresNumbers {
  const geometry = { clusterBits, fileLength: FILE };
  const operations = opening(2 ** clusterBits, seed);
  let rebuild = Infinity;
  let list: MetadataList | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const replay = Replay.run(geometry, SETTINGS, operations);
    rebuild = Math.min(rebuild, performance.now() - start);
    if (replay.ok) list = replay.value.final;
  }
  if (!list) throw new Error('the structures were refused');
  return { operations: operations.length, rebuild, checksPerSecond: checksPerSecond(list) };
}

/** Each L2 table in front of the data it maps, each refcount block in front of what it counts. */
function opening(clusterSize: number, seed: number | undefined): OperationList {
  const operations = new OperationList();
  const mapped = (clusterSize / 8) * clusterSize;
  const counted = (clusterSize / 2) * clusterSize;
  const tables = Uint32Array.from({ length: FILE / mapped }, (_, index) => index);
  if (seed !== undefined) new Random(seed).shuffle(tables);
  operations.enter(0, 1, BIT.mainHeader);
  for (const table of tables) operations.enter(table * mapped, 1, BIT.activeL2);
  for (let offset = clusterSize; offset < FILE; offset += counted)
    operations.enter(offset, 1, BIT.refcountBlock);
  return operations;
}

/** All 16 cached windows in turn, a cluster each time. */
function checksPerSecond(list: MetadataList): number {
  const last = FILE - list.clusterSize;
  for (let window = 0; window < 16; window++) list.check(0, last - window * list.windowBytes, 1);
  const start = performance.now();
  let hits = 0;
  for (let i = 0; i < CHECKS; i++)
    if (list.check(0, last - (i % 16) * list.windowBytes - (i % 4096) * 512, 512) !== 0) hits++;
  const seconds = (performance.now() - start) / 1000;
  if (hits === CHECKS) throw new Error('every check hit');
  return CHECKS / seconds;
}
