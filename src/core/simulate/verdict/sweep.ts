import { ClusterBits } from '../../map/clusterSet.js';
import type { ClusterMap } from '../../map/clusterMap.js';
import { guestClusters } from '../../guest/guestTable.js';
import { L2EntryRuns } from '../../qcow2/l2EntryRuns.js';
import { L2Tables } from '../../qcow2/l2Reader.js';
import { WINDOW_SIZE } from '../../overlap/typeRuns.js';
import { NO_LIMIT } from '../../overlap/settings.js';
import { BytePlane, PlaneWriter } from '../../picture/bytePlane.js';
import { maskedOffset } from '../../qcow2/entryTable.js';
import { type Scan, scanned } from '../../check/scan.js';
import { isMappable, type MappableImage, openImage } from '../../qcow2/image.js';
import type { Work } from '../../work.js';
import { ClusterJudge, type FateCause } from './clusterJudge.js';
import { type Fate, fateNumber, FATES } from '../copy/fate.js';
import { type Form, ORDINARY, SweepClasses } from './sweepClasses.js';
import { Simulation } from './simulation.js';
import type { SimulationSettings } from '../driver/settings.js';
import { guestCluster } from '../../units.js';

/** Writes that are simulated; the rest falls into their classes. A broken image may have more of those. */
const MAX_JUDGED = 4096;
/** Milliseconds of work between two yields are about as many as entries take. */
const ENTRIES_A_STEP = 2 ** 18;

const UNKNOWN = fateNumber('unknown');
const SAFE = fateNumber('safe');

/** Clusters whose writes end alike, and why the writes that were simulated do. */
export interface FateCount {
  readonly fate: Fate;
  readonly clusters: number;
  /** Different ones, as many as are told. */
  readonly causes: readonly FateCause[];
  readonly moreCauses: number;
}

/** Causes of each fate that are told. */
const MAX_CAUSES = 3;

/** Where a write to each cluster of the guest's disk would end; or why QEMU does not open the image. */
export type Conflicts =
  | { readonly state: 'refused'; readonly message: string }
  | ({ readonly state: 'swept' } & SweptDisk);

export interface SweptDisk {
  /** The fate (see fateNumber) of a write to each guest cluster. */
  readonly guest: BytePlane;
  /** The worst fate of the writes that reach each host cluster. */
  readonly host: BytePlane;
  /** Guest clusters by fate. */
  readonly counts: readonly FateCount[];
  /** Writes that were simulated; all others are like one of them. */
  readonly judged: number;
}

/**
 * Writes each cluster of the guest's disk as a whole to the image as it is just after opening, each
 * for itself, and tells what becomes of it. A dirty image is repaired and closed before. Clusters are sorted into classes by all that the write
 * path looks at, and one of each class is simulated. Yields the part done, 0 … 1. Throws on I/O
 * errors. `ranks`: see BytePlane.
 */
export function* sweep(
  image: MappableImage,
  map: ClusterMap,
  settings: SimulationSettings,
  ranks: Uint8Array,
): Generator<number, Conflicts, void> {
  const refused = (message: string) => ({ state: 'refused', message }) as const;
  const simulation = yield* quietly(Simulation.opening(image, settings));
  const { opened } = simulation;
  if (!opened.ok) return refused(opened.message);
  let now: Pick<Scan, 'image' | 'map'> = { image, map };
  if (opened.repair) {
    simulation.run({ type: 'close' });
    const after = openImage(simulation.overlay);
    if (!isMappable(after)) return refused(after.refusal.open ?? 'The image is lost');
    now = yield* quietly(scanned(after));
    const again = yield* quietly(Simulation.opening(after, settings));
    if (!again.opened.ok) return refused(again.opened.message);
    if (again.opened.repair) return refused('The image stays dirty, however often it is repaired');
  }
  const run = new Sweep(now.image, now.map, settings, ranks, map.clusters);
  yield* run.tables();
  return { state: 'swept', ...run.disk() };
}

/** Work of which nobody knows how far it is. */
function* quietly<T>(work: Work<T>): Generator<number, T, void> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    yield 0;
  }
}

/** `hostClusters`: of the picture that it will be. */
class Sweep {
  readonly #image: MappableImage;
  readonly #classes: SweepClasses;
  readonly #judge: ClusterJudge;
  readonly #guest: BytePlane;
  readonly #host: BytePlane;
  readonly #guestWriter: PlaneWriter;
  /** Host clusters that a safe write reaches. */
  readonly #safe: ClusterBits;
  readonly #fates = new Map<string, number>();
  /** By class of the table and form of the entry: the fates of ordinary clusters; -1 unknown yet. */
  readonly #ordinary = new Map<string, Map<Form, Int8Array>>();
  readonly #counts = new Float64Array(FATES.length);
  /** By fate: what the simulated writes ended by, by what tells them apart. */
  readonly #causes = FATES.map(() => new Map<string, FateCause>());
  #judged = 0;

  constructor(
    image: MappableImage,
    map: ClusterMap,
    settings: SimulationSettings,
    ranks: Uint8Array,
    hostClusters: number,
  ) {
    const { geometry } = image;
    const limited =
      settings.engine.type === 'structures' && settings.engine.totalSizeLimit !== NO_LIMIT;
    this.#image = image;
    this.#classes = new SweepClasses(
      image,
      map,
      limited ? WINDOW_SIZE * geometry.clusterSize : Infinity,
    );
    this.#judge = new ClusterJudge(image, map, settings);
    this.#guest = new BytePlane(guestClusters(geometry), ranks, 0);
    this.#host = new BytePlane(hostClusters, ranks, 0);
    this.#guestWriter = new PlaneWriter((from, to, fate) => {
      this.#guest.fill(from, to, fate);
    });
    this.#safe = new ClusterBits(geometry.hostClusters);
  }

  *tables(): Generator<number> {
    const { geometry, l1, source } = this.#image;
    const tables = new L2Tables(this.#image);
    const runs = new L2EntryRuns(geometry);
    const clusters = guestClusters(geometry);
    let entriesLeft = ENTRIES_A_STEP;
    for (let index = 0; index < geometry.l1DiskEntries; index++) {
      const first = index * geometry.l2Entries;
      const entries = Math.min(geometry.l2Entries, clusters - first);
      const table = this.#classes.table(index);
      const offset = maskedOffset(l1.high(index), l1.low(index));
      if (table.whole || offset >= source.size)
        this.#put(first, entries, this.#fate(`${table.key}: nothing`, first));
      else {
        runs.decode(tables.read(l1, index, offset), entries);
        this.#table(table.key, first, runs);
      }
      entriesLeft -= table.whole ? 1 : entries;
      if (entriesLeft > 0) continue;
      entriesLeft = ENTRIES_A_STEP;
      yield index / geometry.l1DiskEntries;
    }
    this.#guestWriter.flush();
    for (const { from, to } of this.#safe.runs()) {
      const end = Math.min(to, this.#host.clusters);
      if (from < end) this.#host.raise(from, end, SAFE);
    }
    // The last one may be partial, and then the rest of its cluster is filled up.
    if (clusters > 0) this.#judgeLast(clusters - 1);
  }

  #table(tableKey: string, first: number, runs: L2EntryRuns): void {
    const fates = this.#ordinary.get(tableKey) ?? new Map<Form, Int8Array>();
    this.#ordinary.set(tableKey, fates);
    let form: Form | undefined;
    let known: Int8Array = new Int8Array(ORDINARY);
    for (let run = 0; run < runs.count; run++) {
      const high = runs.highs[run];
      const low = runs.lows[run];
      const guest = first + runs.indexes[run];
      const next = this.#classes.form(high, low, runs.zeroes[run], runs.allocated[run]);
      if (next !== form) {
        form = next;
        known = fates.get(form) ?? new Int8Array(ORDINARY).fill(-1);
        fates.set(form, known);
      }
      if (form.compressed || !form.located) {
        const place = form.compressed ? this.#classes.compressed(high, low) : 'nowhere';
        const fate = this.#fate(`${tableKey}: ${form.key}: ${place}`, guest);
        this.#put(guest, runs.lengths[run], fate);
      } else {
        const offset = maskedOffset(high, low);
        this.#located(tableKey, form, known, guest, offset, runs.lengths[run]);
      }
    }
  }

  /** Entries of one form whose clusters lie side by side. */
  #located(
    tableKey: string,
    form: Form,
    known: Int8Array,
    guest: number,
    offset: number,
    entries: number,
  ): void {
    const { clusterSize } = this.#image.geometry;
    const host = Math.floor(offset / clusterSize);
    for (let i = 0; i < entries; i++) {
      const ordinary = this.#classes.ordinary(form, host + i);
      let fate = ordinary < 0 ? -1 : known[ordinary];
      if (fate < 0) {
        const place = this.#classes.cluster(form, offset + i * clusterSize);
        fate = this.#fate(`${tableKey}: ${form.key}: ${place}`, guest + i);
        if (ordinary >= 0) known[ordinary] = fate;
      }
      this.#put(guest + i, 1, fate);
      if (form.inPlace && host + i < this.#host.clusters) {
        if (fate === SAFE) this.#safe.add(host + i);
        else this.#host.raise(host + i, host + i + 1, fate);
      }
    }
  }

  /** The fate of a write to `guest`, which is that of all writes of its class. */
  #fate(key: string, guest: number): number {
    const known = this.#fates.get(key);
    if (known !== undefined) return known;
    if (this.#judged === MAX_JUDGED) return UNKNOWN;
    const fate = this.#judgeOne(guest);
    this.#fates.set(key, fate);
    return fate;
  }

  #judgeOne(guest: number): number {
    this.#judged++;
    const { fate, taken, cause } = this.#judge.judge(guestCluster(guest));
    if (cause) this.#causes[fate].set(keyOf(cause), cause);
    for (const { from, to } of taken) {
      const end = Math.min(to, this.#host.clusters);
      if (from < end) this.#host.raise(from, end, fate);
    }
    return fate;
  }

  #put(guest: number, clusters: number, fate: number): void {
    this.#guestWriter.put(guest, guest + clusters, fate);
    this.#counts[fate] += clusters;
  }

  #judgeLast(guest: number): void {
    const { virtualSize, clusterSize } = this.#image.geometry;
    if (Number(virtualSize) % clusterSize === 0) return;
    const fate = this.#judgeOne(guest);
    this.#counts[this.#guest.glyph(guest)]--;
    this.#counts[fate]++;
    this.#guest.fill(guest, guest + 1, fate);
  }

  disk(): SweptDisk {
    return {
      guest: this.#guest,
      host: this.#host,
      counts: FATES.map((fate, number) => {
        const causes = [...this.#causes[number].values()];
        return {
          fate,
          clusters: this.#counts[number],
          causes: causes.slice(0, MAX_CAUSES),
          moreCauses: Math.max(0, causes.length - MAX_CAUSES),
        };
      }),
      judged: this.#judged,
    };
  }
}

const keyOf = (cause: FateCause): string =>
  cause.type === 'place' ? String(cause.cluster) : cause.message;
