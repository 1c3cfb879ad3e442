import { expect, it } from 'vitest';
import { KIND_TEXT, type KindName } from '../../../src/core/map/kinds.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { childrenOf, structuresOf } from './tree.js';

const capitalised = (kind: KindName): string =>
  KIND_TEXT[kind].charAt(0).toUpperCase() + KIND_TEXT[kind].slice(1);

it('the tree calls each structure as the legend does', () => {
  const image = new ImageBuilder({ virtualSize: 2 ** 32 });
  image.write(0);
  image.snapshot({ name: 'before' });
  image.bitmap({ name: 'nightly', granularityBits: 16, dirty: [[0, 5]] });
  const structures = structuresOf(layOut(image));
  const top = childrenOf(structures, '').map(({ label }) => label);
  expect(top).toEqual([
    capitalised('main-header'),
    'Header extensions',
    capitalised('active-l1'),
    capitalised('refcount-table'),
    capitalised('snapshot-table'),
    capitalised('bitmap-directory'),
  ]);
  const bitmap = childrenOf(structures, 'bitmaps')[0];
  const labels = childrenOf(structures, bitmap.id).map(({ label }) => label);
  expect(labels).toContain(capitalised('bitmap-table'));
});
