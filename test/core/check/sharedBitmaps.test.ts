import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/byteSource.js';
import { BIT } from '../../../src/core/map/kinds.js';
import { kindsOf } from '../../../src/core/map/cell.js';
import { scan } from '../../../src/core/check/scan.js';
import { isMappable, openImage } from '../../../src/core/qcow2/image.js';
import { finish } from '../../../src/core/work.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { fileBytes, type SparseFile } from '../../images/pieces.js';
import { poke, poked } from '../../images/pokes.js';

function opened(file: SparseFile) {
  const bytes = fileBytes(file);
  const inner = memorySource(bytes);
  const offsets: number[] = [];
  const image = openImage({
    size: inner.size,
    readInto: (target, offset) => {
      offsets.push(offset);
      inner.readInto(target, offset);
    },
  });
  if (!isMappable(image)) throw new Error('no layout');
  offsets.length = 0;
  return { image, readsAt: (offset: number) => offsets.filter((each) => each === offset).length };
}

/** So many bitmaps that all have the table of the first one. */
function sharing(count: number): SparseFile {
  const built = new ImageBuilder({ virtualSize: 2 ** 30 });
  built.write(0, 3);
  for (let i = 0; i < count; i++)
    built.bitmap({ name: `b${String(i)}`, granularityBits: 16, dirty: [[0, 5]] });
  const file = layOut(built);
  const [first, ...rest] = opened(file).image.bitmaps?.bitmaps ?? [];
  return poked(
    file,
    rest.map(({ offset }) => poke(offset, first.tableOffset)),
  );
}

function counted(count: number) {
  const { image, readsAt } = opened(sharing(count));
  const found = finish(scan(image));
  const table = Number(image.bitmaps?.bitmaps[0]?.tableOffset);
  const { clusterSize, hostClusters } = image.geometry;
  let data = -1;
  for (let cluster = 0; cluster < hostClusters; cluster++)
    if (
      (kindsOf(found.map.cell(cluster)) & BIT.bitmapData) !== 0 &&
      found.references.exact(cluster) > 0
    )
      data = cluster;
  return {
    found,
    reads: readsAt(table),
    table: found.references.exact(table / clusterSize),
    data: found.references.exact(data),
  };
}

describe('a table that many bitmaps have', () => {
  it('is counted, with its data, for each of them', () => {
    expect(counted(3)).toMatchObject({ table: 3, data: 3 });
    expect(counted(200)).toMatchObject({ table: 200, data: 200 });
  });

  it('is read as often by the scan for 200 bitmaps as for 3', () => {
    const few = counted(3).reads;
    expect(few).toBeGreaterThan(0);
    expect(counted(200).reads).toBe(few);
  });
});
