import { BIT } from '../../map/kinds.js';
import type { CheckEngine } from '../../overlap/checkEngine.js';
import { MetadataList } from '../../overlap/metadataList.js';
import { openSequence } from '../../overlap/openSequence.js';
import type { StructureSettings } from '../../overlap/settings.js';
import { type GuardedTables, TodayEngine } from '../../overlap/today.js';
import { lowestType, STRUCTURE_TYPES, type TypeSet } from '../../overlap/types.js';
import { AUTOCLEAR } from '../../qcow2/features.js';
import type { MappableImage } from '../../qcow2/image.js';
import type { ParseResult } from '../../size.js';
import { RequestError, Unpredictable } from '../copy/failure.js';

/** Which overlap check is asked. */
export type Engine =
  | { readonly type: 'today' }
  | ({ readonly type: 'structures' } & Omit<StructureSettings, 'guarded'>);

/** An overlap check as it may be chosen. */
export interface Checking {
  readonly guarded: TypeSet;
  readonly engine: Engine;
  /** The structures when they have been built already. */
  readonly built?: BuiltCheck | undefined;
}

/** Overlap structures, if anything is guarded; or the message with which the image fails to open. */
export type BuiltCheck = ParseResult<MetadataList | undefined>;

/** What a check says of a write: 0, the type that it names, or why it fails itself. */
export type Answer = TypeSet | string;

/** One overlap check at work. */
export class Judge {
  /** The structures, when they are asked and guard anything. */
  readonly structures: MetadataList | undefined;
  readonly #tables: GuardedTables;
  readonly #guarded: TypeSet;
  readonly #isToday: boolean;
  readonly #isHeadless: boolean;
  #engine: CheckEngine;

  private constructor(
    image: MappableImage,
    tables: GuardedTables,
    { guarded, engine }: Checking,
    structures: MetadataList | undefined,
  ) {
    this.structures = structures;
    this.#tables = tables;
    this.#guarded = guarded;
    this.#isToday = engine.type === 'today';
    this.#isHeadless = headless(image);
    this.#engine = this.#isToday ? this.#today(guarded) : (structures ?? NOTHING);
  }

  /** The check as it is just after opening; or the message with which the image fails to open. */
  static open(image: MappableImage, tables: GuardedTables, checking: Checking): ParseResult<Judge> {
    const structures = checking.built ?? buildStructures(image, checking);
    if (!structures.ok) return structures;
    return { ok: true, value: new Judge(image, tables, checking, structures.value) };
  }

  /** What a write would hit, but for `ignore`. Throws RequestError when the check itself fails. */
  check(ignore: TypeSet, offset: number, size: number): TypeSet {
    return this.#engine.check(ignore, offset, size);
  }

  /** The same as all that comes of it. */
  answer(ignore: TypeSet, offset: number, size: number): Answer {
    try {
      return lowestType(this.check(ignore, offset, size));
    } catch (error) {
      if (error instanceof RequestError || error instanceof Unpredictable) return error.message;
      throw error;
    }
  }

  /** Closing has dropped the L1 table: the L2 tables are not known to QEMU's own check any more. */
  l1Dropped(): void {
    if (this.#isToday) this.#engine = this.#today(this.#guarded & ~BIT.activeL2);
  }

  #today(guarded: TypeSet): CheckEngine {
    const engine = new TodayEngine(this.#tables, guarded);
    if (!this.#isHeadless) return engine;
    return {
      check: (ignore, offset, size) =>
        engine.check(ignore, offset, size) || guarded & ~ignore & BIT.bitmapDirectory,
    };
  }
}

/**
 * The autoclear bit says that there are bitmaps, and there is no extension with their directory: QEMU
 * takes it to be of no bytes at 0, and its ranges_overlap finds that in the way of every write.
 */
function headless({ header, bitmaps }: MappableImage): boolean {
  return bitmaps === undefined && (header.value('autoclear_features') & AUTOCLEAR.bitmaps) !== 0n;
}

const NOTHING: CheckEngine = { check: () => 0 };

/** The structures of a check as they are just after opening. */
export function buildStructures(image: MappableImage, { guarded, engine }: Checking): BuiltCheck {
  if (engine.type === 'today' || (guarded & STRUCTURE_TYPES) === 0)
    return { ok: true, value: undefined };
  const settings: StructureSettings = { ...engine, guarded };
  const operations = openSequence(image, settings.guarded);
  if (!operations.ok) return operations;
  const { clusterBits, fileSize } = image.geometry;
  const created = MetadataList.create({ clusterBits, fileLength: fileSize }, settings);
  if (created.ok) operations.value.applyTo(created.value, { position: 0 }, operations.value.length);
  return created;
}
