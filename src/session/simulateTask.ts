import type { ClusterMap } from '../core/map/clusterMap.js';
import type { StructureSettings } from '../core/overlap/settings.js';
import type { MappableImage } from '../core/qcow2/image.js';
import { parseCacheOptions } from '../core/simulate/copy/cacheOptions.js';
import type { Surroundings } from '../core/simulate/copy/surroundings.js';
import {
  operationText,
  parseSimulatedOperation,
  type SimulatedOperation,
} from '../core/simulate/copy/operation.js';
import type { SimulationSettings } from '../core/simulate/driver/settings.js';
import type { ParseResult } from '../core/size.js';
import { readOptions } from './readOptions.js';
import type { EngineName } from '../protocol/shapes.js';
import type { SimulateQuery } from '../protocol/questions.js';

/** What a query says, read. */
export interface SimulateTask {
  readonly operations: readonly SimulatedOperation[];
  /** The same as lines. */
  readonly texts: readonly string[];
  readonly settings: SimulationSettings;
  readonly structures: StructureSettings;
  readonly engine: EngineName;
  /** Of all settings but the engine. */
  readonly key: string;
}

/** Reads a query; the message of a setting or an operation that makes no sense is QEMU's. */
export function readTask(
  { operations, options }: SimulateQuery,
  image: MappableImage,
  surroundings: Surroundings,
  map: ClusterMap | undefined,
): ParseResult<SimulateTask> {
  const refusal = image.refusal.open;
  if (refusal !== undefined) return { ok: false, message: refusal };
  const structures = readOptions(options.overlap);
  if (!structures.ok) return structures;
  const sizes = parseCacheOptions(options.caches);
  if (!sizes.ok) return sizes;
  const parsed: SimulatedOperation[] = [];
  for (const line of operations) {
    const operation = parseSimulatedOperation(line);
    if (!operation.ok) return operation;
    parsed.push(operation.value);
  }
  const { guarded, bitmapSize, totalSizeLimit, policy } = structures.value;
  const { engine, cache, discardNoUnref } = options;
  return {
    ok: true,
    value: {
      operations: parsed,
      texts: parsed.map(operationText),
      settings: {
        guarded,
        engine:
          engine === 'today'
            ? { type: 'today' }
            : { type: 'structures', bitmapSize, totalSizeLimit, policy },
        cache,
        sizes: sizes.value,
        discardNoUnref,
        surroundings,
        map,
      },
      structures: structures.value,
      engine,
      key: JSON.stringify({ ...options, engine: undefined, known: map !== undefined }),
    },
  };
}
