import { ACTIVE, IMAGE, type Ownership } from '../inspect/ownership.js';
import { NAMED, ranksOf, valueOf } from './layer.js';
import { MapSource, packedGlyph } from './source.js';

const value = (name: string): number => valueOf('snapshots', name);
const ONLY = value('only-1');
const OTHER = value('other');

/** The picture of the host file by who needs each cluster. */
export function snapshotLayer({ sets, owners }: Ownership): MapSource {
  const values = Uint8Array.from({ length: sets.size }, (_, set) =>
    valueOfSet(sets.count(set), sets.least(set)),
  );
  return new MapSource(owners, ranksOf({ view: 'host', layer: 'snapshots' }), (set) =>
    packedGlyph(set === IMAGE ? OTHER : values[set]),
  );
}

/** `least`: the least owner of so many. */
function valueOfSet(count: number, least: number): number {
  if (count === 0) return value('none');
  if (least === ACTIVE) {
    if (count === 1) return value('active');
    if (count === 2) return value('with-1');
    return value(count < 5 ? 'with-2' : 'with-4');
  }
  if (count > 1) return value('snapshots');
  return least <= NAMED ? ONLY + least - 1 : value('only-later');
}
