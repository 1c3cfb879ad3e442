import type { ClusterMap } from '../core/layout/clusterMap.js';
import { guestClusters } from '../core/layout/guestTables.js';
import { ownership } from '../core/layout/ownership.js';
import type { Scan } from '../core/layout/scan.js';
import { dirtyClusters, usableBitmaps } from '../core/picture/dirtyClusters.js';
import { fragmentation } from '../core/picture/fragmentation.js';
import { guestKinds } from '../core/picture/guestKinds.js';
import { NAMED, type Picture, type View, VIEWS } from '../core/picture/layer.js';
import { isMapLayer, mapLayer } from '../core/picture/mapLayers.js';
import { ontoGuest, ontoHost } from '../core/picture/projection.js';
import { snapshotLayer } from '../core/picture/snapshotLayer.js';
import { countValues, type PictureSource } from '../core/picture/source.js';
import type { LaidOutImage } from '../core/qcow2/image.js';
import type { LayerAnswer, Strip, Tile, TileQuery } from '../protocol/imageService.js';
import { TileStore } from './tileStore.js';

/** The most clusters that a picture can have. */
const MOST_CLUSTERS = 2 ** 31 - 1;

const NOT_SIMULATED = 'nothing has been simulated';

type Steps<Result> = Generator<number, Result>;

/** One picture that somebody has asked for. */
interface Slot {
  readonly picture: Picture;
  source: PictureSource | undefined;
  tiles: TileStore | undefined;
  /** Clusters by value, once they have been counted. */
  counts: readonly number[] | undefined;
  generation: number;
  /** What is left to do; undefined when all is done, or has not begun. */
  steps: Steps<void> | undefined;
  done: number;
  failure: string | undefined;
}

/**
 * The pictures of one image. Those that the map tells are there as soon as there is a map; the
 * others are computed when they are asked for, after the scan, the one asked for last first.
 */
export class Pictures {
  readonly #image: LaidOutImage;
  readonly #slots = new Map<string, Slot>();
  /** What is being computed, what was asked for last at the end. */
  #queue: Slot[] = [];
  #map: ClusterMap | undefined;
  #scan: Scan | undefined;
  #generation = 0;
  /** Why there will be no more than the map tells. */
  #hindrance: string | undefined;

  constructor(image: LaidOutImage) {
    this.#image = image;
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
    for (const view of VIEWS) {
      const slot = this.#slot({ view, layer: 'simulation' });
      this.#renew(slot);
      slot.source = planes[view];
      this.#begin(slot);
    }
  }

  /** How far a picture is; asking for it sets it going. */
  layer(picture: Picture): LayerAnswer {
    const slot = this.#slot(picture);
    if (slot.failure !== undefined) return { state: 'failed', message: slot.failure };
    if (slot.tiles) {
      const { generation, counts } = slot;
      return { state: 'ready', generation, counts, names: this.#names(picture) };
    }
    if (slot.steps) this.#queue = [...this.#queue.filter((each) => each !== slot), slot];
    return { state: 'computing', done: slot.done };
  }

  /** Throws when the picture is not there. */
  tile({ view, layer, ...query }: TileQuery): Tile {
    const slot = this.#slot({ view, layer });
    if (slot.failure !== undefined) throw new Error(slot.failure);
    if (!slot.tiles) throw new Error(`the layer ${layer} is being computed`);
    return { generation: slot.generation, cells: slot.tiles.tile(query) };
  }

  /** The whole file in so many rows, by its kinds. Throws when there is no map yet. */
  strip(rows: number): Strip {
    const { tiles, generation } = this.#slot({ view: 'host', layer: 'kinds' });
    if (!tiles) throw new Error('there is no map yet');
    return { generation, glyphs: tiles.strip(rows) };
  }

  /** Computes for about `milliseconds`; false when there is nothing left to do. */
  advance(milliseconds: number): boolean {
    const end = performance.now() + milliseconds;
    for (let slot = this.#queue.at(-1); slot?.steps; slot = this.#queue.at(-1)) {
      try {
        const step = slot.steps.next();
        if (step.done) {
          slot.steps = undefined;
          this.#queue.pop();
        } else slot.done = step.value;
      } catch (error) {
        slot.failure = error instanceof Error ? error.message : String(error);
        slot.steps = undefined;
        this.#queue.pop();
      }
      if (performance.now() >= end) return this.#queue.length > 0;
    }
    return false;
  }

  #slot(picture: Picture): Slot {
    const key = keyOf(picture);
    const known = this.#slots.get(key);
    if (known) return known;
    const made: Slot = {
      picture,
      source: undefined,
      tiles: undefined,
      counts: undefined,
      generation: this.#generation,
      steps: undefined,
      done: 0,
      failure: this.#whyNot(picture),
    };
    this.#slots.set(key, made);
    this.#begin(made);
    return made;
  }

  #whyNot(picture: Picture): string | undefined {
    if (picture.view === 'guest' && guestClusters(this.#image.layout) > MOST_CLUSTERS)
      return 'the disk has more clusters than a picture can show';
    if (picture.layer === 'simulation') return NOT_SIMULATED;
    return isFromMap(picture) ? undefined : this.#hindrance;
  }

  /** What has changed is made anew; its tiles are newer than all there were. */
  #renew(slot: Slot): void {
    slot.generation++;
    slot.source = slot.tiles = slot.counts = slot.steps = slot.failure = undefined;
    this.#queue = this.#queue.filter((each) => each !== slot);
  }

  #begin(slot: Slot): void {
    const { view, layer } = slot.picture;
    if (view === 'host' && isMapLayer(layer) && this.#map && !slot.source)
      this.#show(slot, mapLayer(layer, this.#map));
    if (slot.steps || slot.failure !== undefined || !this.#scan) return;
    slot.steps = this.#compute(slot, this.#scan);
    this.#queue.push(slot);
  }

  #show(slot: Slot, source: PictureSource): void {
    slot.source = source;
    slot.tiles = new TileStore(source);
  }

  *#compute(slot: Slot, scan: Scan): Steps<void> {
    const source = yield* this.#source(slot.picture, scan);
    if (!slot.tiles) this.#show(slot, source);
    slot.counts = yield* countValues(source);
  }

  /** The source of a picture, computed unless it is there. */
  *#source(picture: Picture, scan: Scan): Steps<PictureSource> {
    const slot = this.#slot(picture);
    slot.source ??= yield* this.#make(picture, scan);
    return slot.source;
  }

  /** Those of the map never come here. */
  #make({ view, layer }: Picture, scan: Scan): Steps<PictureSource> {
    switch (layer) {
      case 'kinds':
      case 'refcounts':
      case 'differences':
        return layer === 'kinds' ? guestKinds(scan.image, scan.map) : this.#ofHost(layer, scan);
      case 'snapshots':
        return view === 'host' ? snapshots(scan) : this.#ofHost(layer, scan);
      case 'fragmentation':
        return this.#fragmentation(view);
      case 'bitmaps':
        return view === 'guest' ? dirtyClusters(scan.image) : this.#ofGuest(layer, scan);
      case 'simulation':
        throw new Error(NOT_SIMULATED);
    }
  }

  *#ofHost(layer: Picture['layer'], scan: Scan): Steps<PictureSource> {
    const host = yield* this.#source({ view: 'host', layer }, scan);
    return yield* ontoGuest(scan.image, host);
  }

  *#ofGuest(layer: 'bitmaps', scan: Scan): Steps<PictureSource> {
    const guest = yield* this.#source({ view: 'guest', layer }, scan);
    return yield* ontoHost(scan.image, guest);
  }

  /** One pass makes both. */
  *#fragmentation(view: View): Steps<PictureSource> {
    const planes = yield* fragmentation(this.#image);
    const other = view === 'host' ? 'guest' : 'host';
    this.#slot({ view: other, layer: 'fragmentation' }).source ??= planes[other];
    return planes[view];
  }

  /** Names of the values that a layer has numbered. */
  #names({ layer }: Picture): readonly string[] {
    const { snapshotTable } = this.#image;
    if (layer === 'snapshots')
      return snapshotTable.snapshots.slice(0, NAMED).map(({ name }) => name);
    if (layer === 'bitmaps')
      return usableBitmaps(this.#image)
        .slice(0, NAMED)
        .map(({ name }) => name);
    return [];
  }
}

const keyOf = ({ view, layer }: Picture): string => `${view}/${layer}`;

const isFromMap = ({ view, layer }: Picture): boolean => view === 'host' && isMapLayer(layer);

function* snapshots(scan: Scan): Steps<PictureSource> {
  return snapshotLayer(yield* ownership(scan));
}
