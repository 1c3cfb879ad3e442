import { type Cell, storedOf, troubleOf } from '../map/cell.js';
import { CHUNK, type ClusterMap } from '../map/clusterMap.js';
import { GUEST } from '../guest/guestKinds.js';
import { guestClusters, guestTables, type GuestTable } from '../guest/guestTable.js';
import { ScatteredVisits } from '../inspect/slabVisits.js';
import type { MappableImage } from '../qcow2/image.js';
import { BytePlane, PlaneWriter } from './bytePlane.js';
import { ranksOf } from './layer.js';
import { TROUBLE_SHIFT } from './tile.js';

/**
 * What each cluster of the guest's disk is, with the trouble that the cluster of the file is in
 * which holds it. Yields the part done after each L2 table.
 */
export function* guestKinds(image: MappableImage, map: ClusterMap): Generator<number, BytePlane> {
  const ranks = ranksOf({ view: 'guest', layer: 'kinds' });
  const plane = new BytePlane(guestClusters(image.geometry), ranks, GUEST.unallocated);
  const writer = new PlaneWriter((from, to, glyph) => {
    plane.fill(from, to, glyph);
  });
  // Their kind is written at once, with the flag in a bit that no glyph has; the rest follows.
  const scattered = new ScatteredVisits(map.clusters, (host, guest) => {
    const kind = plane.glyph(guest);
    const glyph = glyphOf(kind & ~COPIED_BIT, (kind & COPIED_BIT) !== 0, map.cell(host));
    plane.set(guest, glyph);
  });
  for (const table of guestTables(image)) {
    for (let i = 0; i < table.count; i++) {
      const start = table.starts[i];
      const kind = table.kinds[i];
      const held = !image.geometry.externalData && table.from[i] >= 0;
      // What lies past the end of the file reads as zeros; the check tells of it.
      const end = held ? Math.max(0, Math.min(table.lengths[i], map.clusters - table.from[i])) : 0;
      if (end === 1) {
        plane.set(start, kind | (table.copied[i] === 1 ? COPIED_BIT : 0));
        scattered.add(table.from[i], start);
      } else if (end > 1) putHeld(table, i, end, map, writer);
      if (end < table.lengths[i]) writer.put(start + end, start + table.lengths[i], kind);
    }
    yield table.done;
  }
  writer.flush();
  scattered.flush();
  return plane;
}

/** A bit above those of a glyph. */
const COPIED_BIT = 0x80;

/** The glyph of a guest cluster of some kind that lies in a cluster of the file. */
export function glyphOf(kind: number, copied: boolean, cell: Cell): number {
  const shared = kind === GUEST.normal && (!copied || storedOf(cell) > 1);
  return (shared ? GUEST.shared : kind) | (troubleOf(cell) << TROUBLE_SHIFT);
}

/** The first `count` clusters of a stretch that lie side by side in the file. */
function putHeld(
  table: GuestTable,
  i: number,
  count: number,
  map: ClusterMap,
  writer: PlaneWriter,
): void {
  const kind = table.kinds[i];
  const copied = table.copied[i] === 1;
  const from = table.from[i];
  for (let done = 0; done < count;) {
    const guest = table.starts[i] + done;
    const chunk = map.chunk(Math.floor((from + done) / CHUNK));
    const at = (from + done) % CHUNK;
    const stop = Math.min(count - done, CHUNK - at);
    if (typeof chunk === 'number') writer.put(guest, guest + stop, glyphOf(kind, copied, chunk));
    else
      for (let k = 0; k < stop;) {
        const first = k;
        while (k < stop && chunk[at + k] === chunk[at + first]) k++;
        writer.put(guest + first, guest + k, glyphOf(kind, copied, chunk[at + first]));
      }
    done += stop;
  }
}
