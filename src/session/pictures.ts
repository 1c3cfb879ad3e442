import type { ClusterMap } from '../core/map/clusterMap.js';
import { guestClusters } from '../core/guest/guestTable.js';
import { ownership } from '../core/inspect/ownership.js';
import { DEFAULT_MEMORY, type Scan, scan as scanOf } from '../core/check/scan.js';
import { dirtyClusters, usableBitmaps } from '../core/picture/dirtyClusters.js';
import { fragmentation } from '../core/picture/fragmentation.js';
import { guestKinds } from '../core/picture/guestKinds.js';
import {
  guestHeat,
  type Heat,
  heatScale,
  hostHeat,
  windowHeat,
} from '../core/picture/heatLayer.js';
import {
  isKinds,
  type Layer,
  NAMED,
  type Picture,
  type View,
  VIEWS,
} from '../core/picture/layer.js';
import { isMapLayer, kindsOf, mapLayer } from '../core/picture/mapLayers.js';
import { ontoGuest, ontoHost } from '../core/picture/projection.js';
import { snapshotLayer } from '../core/picture/snapshotLayer.js';
import { type RepairedFile, repairLayer } from '../core/picture/repairLayer.js';
import { countValues, type PictureSource } from '../core/picture/source.js';
import { WindowLayer } from '../core/picture/windowLayer.js';
import type { LayerAnswer, Strip, Tile } from '../protocol/imageService.js';
import { isMappable, type MappableImage, openImage } from '../core/qcow2/image.js';
import { runSlice } from './slice.js';
import type { Machine } from './machine.js';
import { PictureSlot, type Steps } from './pictureSlot.js';
import type { PictureTiles } from './pictureTiles.js';
import type { Query } from '../protocol/questions.js';

/** What repairs would leave of the file, by layer. */
export type RepairedFiles = Readonly<Record<'repairLeaks' | 'repairAll', RepairedFile>>;

/** The most clusters that a picture can have. */
const MAX_CLUSTERS = 2 ** 31 - 1;
/** Pictures kept besides the first: the one shown, and some to go back to. */
const KEPT = 4;

const FIRST: Picture = { view: 'host', layer: 'kinds' };

/**
 * The pictures of one image. Those that the map tells are there as soon as there is a map; the
 * others are computed when they are asked for, after the scan, the one asked for last first. What
 * has not been used for long is given up, and computed again when it is asked for.
 */
export class Pictures {
  readonly #image: MappableImage;
  readonly #deflate: Machine['deflate'];
  readonly #memory: number;
  /** By key; what was used last at the end. */
  readonly #slots = new Map<string, PictureSlot>();
  /** What is being computed, what was asked for last at the end. */
  #queue: PictureSlot[] = [];
  #map: ClusterMap | undefined;
  #scan: Scan | undefined;
  #generation = 0;
  /** Why there will be no more than the map tells. */
  #hindrance: string | undefined;
  #outcomes: Readonly<Record<View, PictureSource>> | undefined;
  /** What a workload has looked up. */
  #heat: Heat | undefined;
  #repaired: RepairedFiles | undefined;
  /** The last of them that was read. */
  #after: { readonly layer: AfterLayer; readonly scan: Scan } | undefined;
  /** The overlap windows, or why there are none; undefined until they are known. */
  #windows: WindowLayer | string | undefined;

  /** @param memory what may be kept of a repaired file, in bytes */
  constructor(image: MappableImage, deflate: Machine['deflate'], memory = DEFAULT_MEMORY) {
    this.#image = image;
    this.#memory = memory;
    this.#deflate = deflate;
  }

  /** The map has become what it is at `generation`. */
  mapChanged(map: ClusterMap, generation: number): void {
    this.#map = map;
    this.#generation = generation;
    for (const slot of this.#slots.values())
      if (isFromMap(slot.picture)) {
        slot.generation = generation;
        slot.tiles?.invalidate();
      }
  }

  /** The map is complete. */
  scanned(scan: Scan): void {
    this.#scan = scan;
    for (const slot of this.#slots.values()) this.#begin(slot);
  }

  /** There will be no complete map. */
  cancelled(): void {
    this.#hindrance = 'the scan was cancelled';
    for (const slot of this.#slots.values())
      if (!isFromMap(slot.picture)) slot.failure = this.#hindrance;
  }

  /** What would happen to each cluster of the disk, and of the file: values of the simulation layer. */
  setOutcomes(planes: Readonly<Record<View, PictureSource>>): void {
    this.#outcomes = planes;
    this.#renew('simulation');
  }

  /** What a workload has looked up; undefined: none is shown any more. */
  setHeat(heat: Heat | undefined): void {
    if (this.#heat === heat) return;
    this.#heat = heat;
    this.#renew('heat');
    this.#renew('windowHeat');
  }

  /** What repairs would leave, once they have been simulated. */
  setRepaired(files: RepairedFiles): void {
    this.#repaired = files;
    this.#after = undefined;
    for (const layer of ['repairLeaks', 'repairAll', 'afterLeaks', 'afterAll'] as const)
      this.#renew(layer);
  }

  /** The windows as they are now. */
  setWindows(windows: WindowLayer | string): void {
    const before = this.#windows;
    const isSame =
      before instanceof WindowLayer && windows instanceof WindowLayer
        ? before.equals(windows)
        : before === windows;
    if (isSame) return;
    this.#windows = windows;
    this.#renew('windows');
  }

  /** How far a picture is; asking for it sets it going. */
  layer(picture: Picture): LayerAnswer {
    const slot = this.#use(picture);
    if (slot.failure !== undefined) return { state: 'failed', message: slot.failure };
    if (slot.tiles) {
      const { generation, counts } = slot;
      return { state: 'ready', generation, counts, names: this.#names(picture) };
    }
    if (slot.steps) this.#queue = [...this.#queue.filter((each) => each !== slot), slot];
    return { state: 'computing', done: slot.done };
  }

  /** Throws when the picture is not there. */
  tile({ view, layer, ...query }: Query<'tile'>): Tile {
    const { tiles, generation } = this.#ready({ view, layer });
    return { generation, cells: tiles.tile(query) };
  }

  /** A picture from its start to its end in so many rows. Throws when it is not there. */
  strip({ view, layer, rows }: Query<'strip'>): Strip {
    const { tiles, generation } = this.#ready({ view, layer });
    return { generation, ...tiles.strip(rows) };
  }

  /** Computes for about `milliseconds`; false when there is nothing left to do. */
  advance(milliseconds: number): boolean {
    return runSlice(milliseconds, () => {
      const slot = this.#queue.at(-1);
      slot?.advance();
      if (!slot?.steps) this.#queue.pop();
      return this.#queue.length > 0;
    });
  }

  /** The tiles of a picture that is shown. */
  #ready(picture: Picture): { readonly tiles: PictureTiles; readonly generation: number } {
    const slot = this.#use(picture);
    // Some panel still shows it: it has no other way to hear that the picture is there again.
    while (slot.isEvicted && slot.steps) slot.advance();
    if (slot.failure !== undefined) throw new Error(slot.failure);
    const { tiles, generation } = slot;
    if (!tiles) throw new Error(`the layer ${picture.layer} is being computed`);
    return { tiles, generation };
  }

  /** A picture that somebody looks at. */
  #use(picture: Picture): PictureSlot {
    const slot = this.#slot(picture);
    const key = keyOf(picture);
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    this.#begin(slot);
    this.#evict(slot);
    return slot;
  }

  #slot(picture: Picture): PictureSlot {
    const key = keyOf(picture);
    const known = this.#slots.get(key);
    if (known) return known;
    const made = new PictureSlot(picture, this.#generation, this.#whyNot(picture));
    this.#slots.set(key, made);
    return made;
  }

  #whyNot(picture: Picture): string | undefined {
    const { view, layer } = picture;
    if (view === 'guest' && guestClusters(this.#image.geometry) > MAX_CLUSTERS)
      return 'the disk has more clusters than a picture can show';
    if (layer === 'simulation' && !this.#outcomes)
      return 'sweep the disk in the Simulate tab first';
    if (isHeat(layer) && !this.#heat) return 'run a workload in the Caches tab first';
    if ((isRepair(layer) || isAfter(layer)) && !this.#repaired)
      return 'preview the repair on the Overview first';
    if (layer === 'windows' && typeof this.#windows === 'string') return this.#windows;
    return isFromMap(picture) ? undefined : this.#hindrance;
  }

  /** Begins what can be begun by now. */
  #begin(slot: PictureSlot): void {
    if (slot.failure !== undefined) return;
    const source = slot.tiles ? undefined : this.#atHand(slot.picture);
    if (source) slot.show(source, this.#deflate);
    const isMissing = slot.picture.layer === 'windows' && !this.#windows;
    if (slot.steps || slot.counts || isMissing || !this.#scan) return;
    slot.steps = this.#compute(slot, this.#scan);
    this.#queue.push(slot);
  }

  /** What has changed is made anew when it is asked for; its tiles are newer than all there were. */
  #renew(layer: Layer): void {
    for (const view of VIEWS) {
      const slot = this.#slots.get(keyOf({ view, layer }));
      if (!slot) continue;
      this.#forget(slot);
      slot.generation++;
      slot.failure = this.#whyNot(slot.picture);
    }
  }

  /** Gives up what was used longest ago. */
  #evict(used: PictureSlot): void {
    const held = [...this.#slots.values()].filter(
      (slot) => slot.source && slot !== used && keyOf(slot.picture) !== keyOf(FIRST),
    );
    for (const slot of held.slice(0, Math.max(0, held.length - (KEPT - 1)))) {
      slot.isEvicted = slot.tiles !== undefined;
      this.#forget(slot);
    }
  }

  #forget(slot: PictureSlot): void {
    slot.forget();
    this.#queue = this.#queue.filter((each) => each !== slot);
  }

  *#compute(slot: PictureSlot, scan: Scan): Steps<void> {
    const source = yield* this.#source(slot.picture, scan);
    if (!slot.tiles) slot.show(source, this.#deflate);
    slot.counts = yield* countValues(source);
  }

  /** The source of a picture, computed unless it is there. */
  *#source(picture: Picture, scan: Scan): Steps<PictureSource> {
    const slot = this.#slot(picture);
    slot.source ??= this.#atHand(picture);
    slot.source ??= yield* this.#make(picture, scan);
    return slot.source;
  }

  /** The source of a picture that need not be computed. */
  #atHand({ view, layer }: Picture): PictureSource | undefined {
    if (layer === 'simulation') return this.#outcomes?.[view];
    if (view === 'guest') return undefined;
    if (layer === 'windows')
      return this.#windows instanceof WindowLayer ? this.#windows : undefined;
    return isMapLayer(layer) && this.#map ? mapLayer(layer, this.#map) : undefined;
  }

  /** Those at hand never come here. */
  #make({ view, layer }: Picture, scan: Scan): Steps<PictureSource> {
    switch (layer) {
      case 'kinds':
        return guestKinds(scan.image, scan.map);
      case 'snapshots':
        return view === 'host' ? snapshots(scan) : this.#ofHost(layer, scan);
      case 'fragmentation':
        return this.#fragmentation(view);
      case 'bitmaps':
        return view === 'guest' ? dirtyClusters(scan.image) : this.#ofGuest(layer, scan);
      case 'heat':
        return view === 'guest' ? guestHeat(scan.image, this.#hot()) : this.#hostHeat(scan);
      case 'windowHeat':
        return view === 'host' ? windowHeat(scan.image, this.#hot()) : this.#ofHost(layer, scan);
      case 'repairLeaks':
      case 'repairAll':
        return view === 'host' ? this.#repair(layer, scan) : this.#ofHost(layer, scan);
      case 'afterLeaks':
      case 'afterAll':
        return this.#afterwards(view, layer, scan);
      default:
        return this.#ofHost(layer, scan);
    }
  }

  *#ofHost(layer: Layer, scan: Scan): Steps<PictureSource> {
    const host = yield* this.#source({ view: 'host', layer }, scan);
    return yield* ontoGuest(scan.image, host);
  }

  *#ofGuest(layer: Layer, scan: Scan): Steps<PictureSource> {
    const guest = yield* this.#source({ view: 'guest', layer }, scan);
    return yield* ontoHost(scan.image, guest);
  }

  *#hostHeat(scan: Scan): Steps<PictureSource> {
    const heat = this.#hot();
    const guest = yield* guestHeat(scan.image, heat);
    return yield* hostHeat(scan.image, heat, guest);
  }

  #hot(): Heat {
    if (!this.#heat) throw new Error('no workload has been run');
    return this.#heat;
  }

  #repair(layer: keyof RepairedFiles, scan: Scan): Steps<PictureSource> {
    return repairLayer(scan, this.#repairedBy(layer));
  }

  #repairedBy(layer: keyof RepairedFiles): RepairedFile {
    if (!this.#repaired) throw new Error('no repair has been simulated');
    return this.#repaired[layer];
  }

  /** What the clusters are that there were before. */
  *#afterwards(view: View, layer: AfterLayer, before: Scan): Steps<PictureSource> {
    let { scan } = this.#after?.layer === layer ? this.#after : {};
    if (!scan) {
      const { source } = this.#repairedBy(REPAIR_OF[layer]);
      const image = openImage(source);
      if (!isMappable(image)) throw new Error('what the repair leaves is no image');
      scan = yield* partsOf(scanOf(image, this.#memory));
      this.#after = { layer, scan };
    }
    return view === 'guest'
      ? yield* guestKinds(scan.image, scan.map)
      : kindsOf(scan.map, before.map.clusters);
  }

  /** One pass makes both. */
  *#fragmentation(view: View): Steps<PictureSource> {
    const planes = yield* fragmentation(this.#image);
    const other = view === 'host' ? 'guest' : 'host';
    this.#slot({ view: other, layer: 'fragmentation' }).source ??= planes[other];
    return planes[view];
  }

  /** Names of the values that a layer has numbered, or how many look-ups they are; of the guest's kinds, that of the backing file. */
  #names({ view, layer }: Picture): readonly string[] {
    const { snapshotTable, backingFile } = this.#image;
    if (view === 'guest' && isKinds(layer)) return backingFile === undefined ? [] : [backingFile];
    if (layer === 'snapshots')
      return snapshotTable.snapshots.slice(0, NAMED).map(({ name }) => name);
    if (layer === 'bitmaps')
      return usableBitmaps(this.#image)
        .slice(0, NAMED)
        .map(({ name }) => name);
    if (isHeat(layer) && this.#heat) return heatScale(layer, this.#heat).names;
    return [];
  }
}

const isHeat = (layer: Layer): layer is 'heat' | 'windowHeat' =>
  layer === 'heat' || layer === 'windowHeat';

const isRepair = (layer: Layer): layer is keyof RepairedFiles =>
  layer === 'repairLeaks' || layer === 'repairAll';

type AfterLayer = 'afterLeaks' | 'afterAll';
const isAfter = (layer: Layer): layer is AfterLayer =>
  layer === 'afterLeaks' || layer === 'afterAll';
const REPAIR_OF = { afterLeaks: 'repairLeaks', afterAll: 'repairAll' } as const;

function* partsOf(scanning: ReturnType<typeof scanOf>): Steps<Scan> {
  let step = scanning.next();
  for (; !step.done; step = scanning.next()) yield step.value.done;
  return step.value;
}

const keyOf = ({ view, layer }: Picture): string => `${view}/${layer}`;

const isFromMap = ({ view, layer }: Picture): boolean => view === 'host' && isMapLayer(layer);

function* snapshots(scan: Scan): Steps<PictureSource> {
  return snapshotLayer(yield* ownership(scan));
}
