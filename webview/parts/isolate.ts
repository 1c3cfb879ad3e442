import { effect } from '@preact/signals';
import type { KindName } from '../../src/core/map/kinds.js';
import { type Picture, valuesOf } from '../../src/core/picture/layer.js';
import { glyphOfKind } from '../../src/core/picture/tile.js';
import type { Store } from '../state/store.js';

const isSame = (a: Picture, b: Picture): boolean => a.view === b.view && a.layer === b.layer;

/** Leaves only one value of a picture bright, or all again; as soon as that picture is the one shown. */
function isolateOn(store: Store, picture: Picture, value: number): void {
  const { pictures } = store;
  if (isSame(pictures.shown.value, picture)) {
    store.isolate(value);
    return;
  }
  pictures.choose(picture);
  const end = effect(() => {
    const isChosen = isSame(pictures.chosen.value, picture);
    if (isChosen && !isSame(pictures.shown.value, picture)) return;
    // After all that a new picture brings with it: it ends what was alone in the one before.
    queueMicrotask(() => {
      end();
      if (isChosen) store.isolated.value = value;
    });
  });
}

const KINDS_OF_FILE: Picture = { view: 'host', layer: 'kinds' };
export const SNAPSHOTS_OF_FILE: Picture = { view: 'host', layer: 'snapshots' };

export const isolateKind = (store: Store, kind: KindName): void => {
  isolateOn(store, KINDS_OF_FILE, glyphOfKind(kind));
};

/** Clusters that one owner alone needs: the disk, or the snapshot at a place of the table. */
export const isolateOwner = (store: Store, owner: 'active' | number): void => {
  isolateOn(store, SNAPSHOTS_OF_FILE, ownerValue(owner));
};

export const isOwnerAlone = (store: Store, owner: 'active' | number): boolean =>
  isAlone(store, SNAPSHOTS_OF_FILE, ownerValue(owner));

function ownerValue(owner: 'active' | number): number {
  const values = valuesOf(SNAPSHOTS_OF_FILE);
  const name = owner === 'active' ? owner : `only-${String(owner + 1)}`;
  return values.indexOf(values.includes(name) ? name : 'only-later');
}

/** Whether one value of a picture is all that is bright. */
const isAlone = (store: Store, picture: Picture, value: number): boolean =>
  isSame(store.pictures.shown.value, picture) && store.isolated.value === value;

export const isKindAlone = (store: Store, kind: KindName): boolean =>
  isAlone(store, KINDS_OF_FILE, glyphOfKind(kind));
