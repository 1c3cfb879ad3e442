import { storedOf, troubleOf } from '../layout/cell.js';
import { CHUNK_BITS, type ClusterMap } from '../layout/clusterMap.js';
import { GUEST } from '../layout/guestKinds.js';
import { guestClusters, guestTables, type GuestTable } from '../layout/guestTables.js';
import type { LaidOutImage } from '../qcow2/image.js';
import { BytePlane, PlaneWriter } from './bytePlane.js';
import { ranksOf } from './layer.js';
import { TROUBLE_SHIFT } from './tile.js';

/**
 * What each cluster of the guest's disk is, with the trouble that the cluster of the file is in
 * which holds it. Yields the part done after each L2 table.
 */
export function* guestKinds(image: LaidOutImage, map: ClusterMap): Generator<number, BytePlane> {
  const ranks = ranksOf({ view: 'guest', layer: 'kinds' });
  const plane = new BytePlane(guestClusters(image.layout), ranks, GUEST.unallocated);
  const writer = new PlaneWriter((from, to, glyph) => {
    plane.fill(from, to, glyph);
  });
  for (const table of guestTables(image)) {
    for (let i = 0; i < table.count; i++) {
      const held = !image.layout.externalData && table.from[i] >= 0;
      if (held) putHeld(table, i, map, writer);
      else writer.put(table.starts[i], table.starts[i] + table.lengths[i], table.kinds[i]);
    }
    yield table.done;
  }
  writer.flush();
  return plane;
}

/** A stretch that lies in the file. */
function putHeld(table: GuestTable, i: number, map: ClusterMap, writer: PlaneWriter): void {
  const kind = table.kinds[i];
  const copied = table.copied[i] === 1;
  const glyphOfHost = (cell: number): number => {
    const shared = kind === GUEST.normal && (!copied || storedOf(cell) > 1);
    return (shared ? GUEST.shared : kind) | (troubleOf(cell) << TROUBLE_SHIFT);
  };
  const start = table.starts[i];
  const end = start + table.lengths[i];
  if (kind === GUEST.compressed) {
    writer.put(start, end, glyphOfHost(hostCell(map, table.from[i])));
    return;
  }
  const shift = table.from[i] - start;
  for (let guest = start; guest < end;) {
    const host = guest + shift;
    // What lies past the end of the file reads as zeros; the check tells of it.
    if (host >= map.clusters) {
      writer.put(guest, end, kind);
      return;
    }
    const chunk = map.chunk(Math.floor(host / (1 << CHUNK_BITS)));
    const left = (1 << CHUNK_BITS) - (host % (1 << CHUNK_BITS));
    const stop = Math.min(end, guest + left, map.clusters - shift);
    if (typeof chunk === 'number') writer.put(guest, stop, glyphOfHost(chunk));
    else {
      const at = host % (1 << CHUNK_BITS);
      for (let k = 0; k < stop - guest;) {
        const first = k;
        while (k < stop - guest && chunk[at + k] === chunk[at + first]) k++;
        writer.put(guest + first, guest + k, glyphOfHost(chunk[at + first]));
      }
    }
    guest = stop;
  }
}

const hostCell = (map: ClusterMap, host: number): number =>
  host < map.clusters ? map.cell(host) : 0;
