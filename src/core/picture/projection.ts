import { CHUNK, CHUNK_BITS } from '../map/clusterMap.js';
import { GUEST } from '../guest/guestKinds.js';
import { guestClusters, guestTables } from '../guest/guestTable.js';
import { ScatteredVisits } from '../inspect/slabVisits.js';
import type { MappableImage } from '../qcow2/image.js';
import { BytePlane, PlaneWriter } from './bytePlane.js';
import { cellAt, glyphOf, type PictureSource } from './source.js';

/**
 * A picture of the host file as one of the guest's disk: each guest cluster takes the value of the
 * host cluster that holds it, or 0 when none does. Yields the part done.
 */
export function* ontoGuest(
  image: MappableImage,
  host: PictureSource,
): Generator<number, BytePlane> {
  const { geometry } = image;
  const plane = new BytePlane(guestClusters(geometry), host.ranks, 0);
  const writer = new PlaneWriter((from, to, glyph) => {
    plane.fill(from, to, glyph);
  });
  const scattered = new ScatteredVisits(host.clusters, (from, start) => {
    plane.set(start, glyphOf(cellAt(host, from)));
  });
  for (const table of guestTables(image)) {
    for (let i = 0; i < table.count && !geometry.externalData; i++) {
      const from = table.from[i];
      const start = table.starts[i];
      if (from < 0 || from >= host.clusters) continue;
      if (table.lengths[i] === 1) scattered.add(from, start);
      else copy(host, from, Math.min(table.to[i], host.clusters), writer, start);
    }
    yield table.done;
  }
  writer.flush();
  scattered.flush();
  return plane;
}

/**
 * A picture of the guest's disk as one of the host file: each host cluster takes the value of the
 * guest cluster it holds, the greatest if it holds several, or 0 when it holds none. Yields the part
 * done.
 */
export function* ontoHost(
  image: MappableImage,
  guest: PictureSource,
): Generator<number, BytePlane> {
  const { geometry } = image;
  const plane = new BytePlane(geometry.hostClusters, guest.ranks, 0);
  const writer = new PlaneWriter((from, to, glyph) => {
    plane.raise(from, to, glyph);
  });
  const scattered = new ScatteredVisits(plane.clusters, (from, start) => {
    const glyph = glyphOf(cellAt(guest, start));
    if (plane.glyph(from) < glyph) plane.set(from, glyph);
  });
  for (const table of guestTables(image)) {
    for (let i = 0; i < table.count && !geometry.externalData; i++) {
      const from = table.from[i];
      const start = table.starts[i];
      if (from < 0 || from >= plane.clusters) continue;
      const end = Math.min(table.to[i], plane.clusters);
      if (table.kinds[i] === GUEST.compressed) writer.put(from, end, glyphOf(cellAt(guest, start)));
      else copy(guest, start, start + end - from, writer, from);
    }
    yield table.done;
  }
  writer.flush();
  scattered.flush();
  return plane;
}

const cells = new Uint32Array(CHUNK);

/** Puts the glyphs of clusters [from, to) of a picture to where cluster `target` of another begins. */
function copy(
  source: PictureSource,
  from: number,
  to: number,
  writer: PlaneWriter,
  target: number,
): void {
  for (let start = from; start < to;) {
    const index = start >>> CHUNK_BITS;
    const at = start & (CHUNK - 1);
    const count = Math.min(CHUNK - at, to - start);
    const put = target + start - from;
    const uniform = source.uniform(index);
    if (uniform !== undefined) writer.put(put, put + count, glyphOf(uniform));
    else {
      source.read(index, at, at + count, cells);
      for (let k = 0; k < count; k++) writer.put(put + k, put + k + 1, glyphOf(cells[k]));
    }
    start += count;
  }
}
