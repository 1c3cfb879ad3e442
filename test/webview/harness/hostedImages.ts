import {
  claimedTwice,
  KINDS_SHIFT,
  kindsOf,
  ONE_REFERENCE,
  referencesOf,
  storedOf,
} from '../../../src/core/map/cell.js';
import { CHUNK, ClusterMap } from '../../../src/core/map/clusterMap.js';
import { BIT, kindNames, KINDS, type KindName, perKind } from '../../../src/core/map/kinds.js';
import type { ByteSource } from '../../../src/core/byteSource.js';
import { holdings } from '../../../src/core/picture/layer.js';
import { mapLayer } from '../../../src/core/picture/mapLayers.js';
import { countValues } from '../../../src/core/picture/source.js';
import { ImageSession } from '../../../src/session/imageSession.js';
import { Navigator } from '../../../src/session/navigator.js';
import { PictureTiles } from '../../../src/session/pictureTiles.js';
import type { ImageEvent } from '../../../src/protocol/imageService.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import type { SparseFile } from '../../images/pieces.js';
import { SAMPLES } from '../../images/samples/samples.js';
import { HEALTHY } from './diagnoses.js';
import type { HostedImage } from './editorPage.js';
import { MACHINE } from '../../session/machine.js';
import type { ImageFacts } from '../../../src/core/qcow2/facts.js';
import { bytes, hostOffset } from '../../../src/core/units.js';

/** A sample image, scanned to its end. */
export function hostedSample(name: string): HostedImage {
  const sample = SAMPLES.find((each) => each.name === name);
  if (!sample) throw new Error(`no sample ${name}`);
  return hostedFile(sample.build(), name);
}

/** An image in memory, scanned to its end. */
export function hostedFile(file: SparseFile, name: string): HostedImage {
  const events: ImageEvent[] = [];
  const session = new ImageSession(
    sourceOf(file),
    name,
    (event) => {
      // What one panel has simulated is not how the next one begins.
      if (event.type !== 'operations') events.push(event);
    },
    MACHINE,
  );
  session.start();
  const work = (): void => {
    while (session.advance(1000));
  };
  work();
  return { service: session.service, events, work };
}

function sourceOf(file: SparseFile): ByteSource {
  const pieces = Array.from(file.pieces, ({ offset, bytes }) => ({ offset, bytes: bytes.slice() }));
  pieces.sort((a, b) => a.offset - b.offset);
  const longest = Math.max(...pieces.map(({ bytes }) => bytes.length));
  return {
    size: file.size,
    readInto(target, offset) {
      target.fill(0);
      let start = 0;
      for (let end = pieces.length; start < end;) {
        const middle = (start + end) >>> 1;
        if (pieces[middle].offset < offset - longest) start = middle + 1;
        else end = middle;
      }
      for (let index = start; index < pieces.length; index++) {
        const piece = pieces[index];
        if (piece.offset >= offset + target.length) break;
        const from = Math.max(offset, piece.offset);
        const to = Math.min(offset + target.length, piece.offset + piece.bytes.length);
        if (from >= to) continue;
        target.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
      }
    },
  };
}

const CLUSTER_BITS = 16;
const ONCE = ONE_REFERENCE | 1;
const cellOf = (kinds: number, refcounts = ONCE): number =>
  ((kinds << KINDS_SHIFT) | refcounts) >>> 0;
const DATA = cellOf(BIT.data);

/** An image in 512-byte clusters with tables all over it: some thirty overlap windows of 2 MiB. */
export function hostedWindows(): HostedImage {
  const image = new ImageBuilder({ virtualSize: 2 ** 26, clusterBits: 9 });
  const random = seededRandom(5);
  for (let guest = 0; guest < 100_000; guest += 64)
    image.write(guest, random() < 0.7 ? 64 : 2 + Math.floor(60 * random()));
  image.snapshot({ name: 'before' });
  for (let run = 0; run < 60; run++) image.write(Math.floor(random() * 90_000), 40);
  return hostedFile(layOut(image), 'windows.qcow2');
}

/**
 * An image of any size that exists as a map only: runs of data, compressed data and holes, with
 * tables among them as QEMU would lay them out, and here and there a cluster in trouble. Seeded.
 */
export function hostedMap(clusters: number, trouble: boolean): HostedImage {
  return hosted(syntheticMap(clusters, trouble));
}

/** A sparse one: of sixteen chunks, one is like those of `hostedMap` and the rest is empty. */
export function hostedSparse(clusters: number): HostedImage {
  const pattern = syntheticMap(CHUNK, true);
  const map = new ClusterMap(clusters);
  for (let index = 0; index < map.chunkCount; index += 16) {
    map.writable(index).set(pattern.writable(0));
  }
  return hosted(map);
}

/** An image that holds nothing but data. */
export function hostedData(clusters: number): HostedImage {
  const map = new ClusterMap(clusters);
  for (let index = 0; index < map.chunkCount; index++) map.setUniform(index, DATA);
  return hosted(map);
}

/** One that holds nothing but data, as QEMU lays it out when it is written from start to end. */
export function hostedContiguous(clusters: number): HostedImage {
  const map = new ClusterMap(clusters);
  map.fill(0, clusters, DATA);
  const put = (cluster: number, kinds: number): void => {
    map.fill(cluster, cluster + 1, cellOf(kinds));
  };
  for (let cluster = 4; cluster < clusters; cluster += 8193) put(cluster, BIT.activeL2);
  for (let cluster = 2; cluster < clusters; cluster += 32_768) put(cluster, BIT.refcountBlock);
  put(0, BIT.mainHeader);
  put(1, BIT.refcountTable);
  put(3, BIT.activeL1);
  return hosted(map);
}

function hosted(map: ClusterMap): HostedImage {
  const { clusters } = map;
  const tiles = new PictureTiles(
    mapLayer('kinds', map),
    holdings({ view: 'host', layer: 'kinds' }),
    MACHINE.deflate,
  );
  const navigator = new Navigator(map, undefined);
  const byValue = valuesIn(map);
  const counts: Record<KindName, number> = countKinds(map);
  const facts: ImageFacts = {
    fileName: 'synthetic.qcow2',
    fileSize: bytes(clusters * 2 ** CLUSTER_BITS),
    geometry: {
      version: 3,
      clusterBits: CLUSTER_BITS,
      hostClusters: clusters,
      virtualSize: bytes(clusters * 2 ** CLUSTER_BITS),
      refcountBits: 16,
      snapshots: 2,
      bitmaps: 0,
      extendedL2: false,
      dirty: false,
      corrupt: false,
      lazyRefcounts: false,
      encryption: 'none',
      compression: 'zstd',
      backingFile: undefined,
      dataFile: undefined,
      rawDataFile: false,
    },
    foreign: undefined,
    problems: [],
  };
  return {
    service: {
      tile: (query) => ({ generation: 1, cells: tiles.tile(query) }),
      strip: ({ rows }) => ({ generation: 1, ...tiles.strip(rows) }),
      layer: () => ({ state: 'ready', generation: 1, counts: byValue, names: [] }),
      guestCluster: refuse,
      peek: refuse,
      cluster: ({ cluster }) => ({
        cluster,
        offset: hostOffset(cluster * 2 ** CLUSTER_BITS),
        kinds: kindNames(kindsOf(map.cell(cluster))),
        stored: String(storedOf(map.cell(cluster))),
        references: referencesOf(map.cell(cluster)),
        claimedTwice: claimedTwice(map.cell(cluster)),
        owners: [],
        more: false,
        findings: [],
      }),
      findings: () => ({ total: 0, findings: [] }),
      diagnosis: () => ({ state: 'diagnosed', diagnosis: HEALTHY }),
      repairs: () => Promise.resolve({ state: 'failed', message: 'a map alone has no repairs' }),
      space: () => Promise.resolve({ state: 'failed', message: 'a map alone has no bill' }),
      lostTables: refuse,
      damage: refuse,
      tree: () => ({ total: 0, nodes: [] }),
      treePlace: () => undefined,
      next: (query) => navigator.next(query),
      cells: (query) => ({ generation: 1, runs: navigator.cells(query) }),
      subclusters: refuse,
      mapped: ({ cluster }) => navigator.mapped(cluster),
      range: () => ({ state: 'failed', message: 'not in this image' }),
      tableRange: () => undefined,
      ranges: (query) => navigator.ranges(query),
      locate: refuse,
      overlap: () => ({ state: 'none' }),
      overlapTimeline: refuse,
      overlapFilm: refuse,
      overlapWindows: refuse,
      overlapWindow: refuse,
      overlapNext: refuse,
      overlapEvents: refuse,
      overlapAdvice: () => ({ state: 'none' }),
      simulate: refuse,
      simulateVerdict: refuse,
      simulateSteps: refuse,
      simulateMarks: refuse,
      simulateDifference: refuse,
      simulateOverlap: refuse,
      simulateSweep: refuse,
    },
    events: [
      { type: 'facts', facts },
      {
        type: 'scanned',
        generation: 1,
        summary: {
          clusters: counts,
          claimedTwice: 0,
          counts: undefined,
          findingsByCode: {},
          explanations: {},
          repairDanger: undefined,
          milliseconds: 0,
        },
      },
    ],
  };
}

/** Clusters by value of the picture of their kinds. */
function valuesIn(map: ClusterMap): readonly number[] {
  const steps = countValues(mapLayer('kinds', map));
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

function refuse(): never {
  throw new Error('there is no image behind this map');
}

function syntheticMap(clusters: number, trouble: boolean): ClusterMap {
  const map = new ClusterMap(clusters);
  const random = seededRandom(7);
  const set = (cluster: number, cell: number): void => {
    if (cluster < clusters) map.writable(Math.floor(cluster / CHUNK))[cluster % CHUNK] = cell;
  };
  const longest = Math.max(40, clusters / 400);
  for (let cluster = 0; cluster < clusters;) {
    const kind = random();
    const cell = kind < 0.66 ? DATA : kind < 0.8 ? 0 : cellOf(BIT.compressed);
    const end = Math.min(clusters, cluster + 1 + Math.floor(random() ** 3 * longest));
    for (; cluster < end; cluster = Math.min(end, (Math.floor(cluster / CHUNK) + 1) * CHUNK)) {
      const start = Math.floor(cluster / CHUNK) * CHUNK;
      map.writable(start / CHUNK).fill(cell, cluster - start, end - start);
    }
  }
  for (let cluster = 5; cluster < clusters; cluster += 400) set(cluster, cellOf(BIT.activeL2));
  for (let cluster = 90; cluster < clusters; cluster += 610) set(cluster, cellOf(BIT.inactiveL2));
  for (let cluster = 30; cluster < clusters; cluster += 1640)
    set(cluster, cellOf(BIT.refcountBlock));
  const first = [BIT.mainHeader, BIT.refcountTable, BIT.refcountBlock, BIT.activeL1, BIT.activeL2];
  first.forEach((kind, cluster) => {
    set(cluster, cellOf(kind));
  });
  if (!trouble) return map;
  for (let i = 0; i < 14; i++) set(Math.floor(random() * clusters), cellOf(0, 1));
  for (let i = 0; i < 3; i++) set(Math.floor(random() * clusters), cellOf(BIT.data, ONE_REFERENCE));
  set(Math.floor(clusters / 3), cellOf(BIT.data | BIT.activeL2, (2 * ONE_REFERENCE) | 1));
  set(Math.floor((clusters * 5) / 7), cellOf(BIT.data | BIT.activeL1, (2 * ONE_REFERENCE) | 1));
  return map;
}

function countKinds(map: ClusterMap): Record<KindName, number> {
  const counts = perKind(0);
  // Sets of kinds are few: counting those first keeps 100 M clusters a matter of a second.
  const bySet = new Float64Array(1 << KINDS.length);
  for (let index = 0; index < map.chunkCount; index++) {
    const chunk = map.chunk(index);
    const inside = Math.max(0, Math.min(CHUNK, map.clusters - index * CHUNK));
    if (typeof chunk === 'number') bySet[kindsOf(chunk)] += inside;
    else for (let i = 0; i < inside; i++) bySet[kindsOf(chunk[i])]++;
  }
  bySet.forEach((clusters, set) => {
    if (clusters > 0) for (const kind of kindNames(set)) counts[kind] += clusters;
  });
  return counts;
}

function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
