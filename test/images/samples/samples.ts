import type { SparseFile } from '../pieces.js';
import { SCALE_IMAGES, scaleImage } from '../scale.js';
import { clusterBits40, l1Size2G, notQcow2, tablesPastEnd, truncated } from './brokenHeaders.js';
import { databaseDamaged, l1Overlap, leaks, refcountBlockAsData } from './damaged.js';
import { developerOverlay, mediaArchive, pageStore, routerFlash, webServer } from './healthy.js';

/** A file of the sample folder. */
export interface Sample {
  readonly name: string;
  /** What `qemu-img check` makes of it; foreign: not qcow2 at all. */
  readonly state: 'healthy' | 'leaks' | 'corrupt' | 'refused' | 'foreign';
  build(): SparseFile;
}

const TRUNCATED_IN_L1 = 3 * 65_536 + 4;

export const SAMPLES: readonly Sample[] = [
  { name: 'web-server.qcow2', state: 'healthy', build: webServer },
  { name: 'developer-overlay.qcow2', state: 'healthy', build: developerOverlay },
  { name: 'router-512b-clusters.qcow2', state: 'healthy', build: routerFlash },
  { name: 'media-archive-2m-clusters.qcow2', state: 'healthy', build: mediaArchive },
  { name: 'page-store-extended-l2.qcow2', state: 'healthy', build: pageStore },
  {
    name: 'sparse-1tib.qcow2',
    state: 'healthy',
    build: () => scaleImage(SCALE_IMAGES.contiguous),
  },
  { name: 'leaks.qcow2', state: 'leaks', build: leaks },
  { name: 'corrupt-l1-overlap.qcow2', state: 'corrupt', build: l1Overlap },
  { name: 'corrupt-refblock-as-data.qcow2', state: 'corrupt', build: refcountBlockAsData },
  { name: 'database-damaged.qcow2', state: 'corrupt', build: databaseDamaged },
  { name: 'truncated.qcow2', state: 'corrupt', build: () => truncated(TRUNCATED_IN_L1) },
  { name: 'not-qcow2.qcow2', state: 'foreign', build: notQcow2 },
  { name: 'empty.qcow2', state: 'foreign', build: () => ({ size: 0, pieces: [] }) },
  { name: 'cluster-bits-40.qcow2', state: 'refused', build: clusterBits40 },
  { name: 'tables-past-end.qcow2', state: 'corrupt', build: tablesPastEnd },
  { name: 'l1-size-2g.qcow2', state: 'refused', build: l1Size2G },
];
