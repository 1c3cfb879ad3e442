import { GUEST } from '../guest/guestKinds.js';
import { guestClusters, guestTables } from '../guest/guestTable.js';
import { ScatteredVisits } from '../inspect/slabVisits.js';
import type { MappableImage } from '../qcow2/image.js';
import { BytePlane, PlaneWriter } from './bytePlane.js';
import { ranksOf, valueOf } from './layer.js';

/** Clusters that may be left out for the next one to be near. */
const NEAR = 16;

const NONE = valueOf('fragmentation', 'none');
const CONTIGUOUS = valueOf('fragmentation', 'contiguous');
const NEARBY = valueOf('fragmentation', 'near');
const FAR = valueOf('fragmentation', 'far');
const BACKWARDS = valueOf('fragmentation', 'backwards');
const COMPRESSED = valueOf('fragmentation', 'compressed');

export interface Planes {
  readonly guest: BytePlane;
  readonly host: BytePlane;
}

/**
 * How far each cluster of the guest's disk lies from where the one before it ends in the file, on
 * the disk and in the file. What has no place is passed over; the first of an L2 table follows
 * nothing. Those that are not contiguous are the fragmented clusters of QEMU's statistics, which
 * count every compressed one among them (check_refcounts_l2). Yields the part done.
 */
export function* fragmentation(image: MappableImage): Generator<number, Planes> {
  const { geometry } = image;
  const guest = new BytePlane(
    guestClusters(geometry),
    ranksOf({ view: 'guest', layer: 'fragmentation' }),
    NONE,
  );
  const host = new BytePlane(
    geometry.hostClusters,
    ranksOf({ view: 'host', layer: 'fragmentation' }),
    NONE,
  );
  const guestWriter = new PlaneWriter((from, to, value) => {
    guest.fill(from, to, value);
  });
  const hostWriter = new PlaneWriter((from, to, value) => {
    host.raise(from, to, value);
  });
  const scattered = new ScatteredVisits(geometry.hostClusters, (cluster, value) => {
    if (host.glyph(cluster) < value) host.set(cluster, value);
  });
  const put = (start: number, count: number, from: number, to: number, value: number): void => {
    guestWriter.put(start, start + count, value);
    if (geometry.externalData || from >= geometry.hostClusters) return;
    if (to - from === 1) scattered.add(from, value);
    else hostWriter.put(from, Math.min(to, geometry.hostClusters), value);
  };
  for (const table of guestTables(image)) {
    let expected = -1;
    for (let i = 0; i < table.count; i++) {
      const from = table.from[i];
      const to = table.to[i];
      const start = table.starts[i];
      if (from < 0) continue;
      if (table.kinds[i] === GUEST.compressed) {
        put(start, 1, from, to, COMPRESSED);
        continue;
      }
      const value = expected < 0 ? CONTIGUOUS : distanceValue(from - expected);
      if (value === CONTIGUOUS) put(start, table.lengths[i], from, to, value);
      else {
        put(start, 1, from, from + 1, value);
        if (table.lengths[i] > 1) put(start + 1, table.lengths[i] - 1, from + 1, to, CONTIGUOUS);
      }
      expected = to;
    }
    yield table.done;
  }
  guestWriter.flush();
  hostWriter.flush();
  scattered.flush();
  return { guest, host };
}

function distanceValue(distance: number): number {
  if (distance === 0) return CONTIGUOUS;
  if (distance < 0) return BACKWARDS;
  return distance <= NEAR ? NEARBY : FAR;
}
