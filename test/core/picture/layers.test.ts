import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindsOf, referencesOf, storedOf, troubleOf } from '../../../src/core/map/cell.js';
import { guestClusterDetail } from '../../../src/core/guest/clusterDetail.js';
import { ownershipWithImage } from '../../../src/core/inspect/ownership.js';
import type { Scan } from '../../../src/core/check/scan.js';
import { dirtyClusters } from '../../../src/core/picture/dirtyClusters.js';
import { fragmentation } from '../../../src/core/picture/fragmentation.js';
import { guestKinds } from '../../../src/core/picture/guestKinds.js';
import { LAYERS, ranksOf, valuesOf, VIEWS, type Picture } from '../../../src/core/picture/layer.js';
import { mapLayer } from '../../../src/core/picture/mapLayers.js';
import { ontoGuest, ontoHost } from '../../../src/core/picture/projection.js';
import { snapshotLayer } from '../../../src/core/picture/snapshotLayer.js';
import {
  cellAt,
  countValues,
  glyphOf,
  maskOf,
  type PictureSource,
} from '../../../src/core/picture/source.js';
import { DOMINANT_MASK, maskOfValue, TROUBLE_SHIFT } from '../../../src/core/picture/tile.js';
import { scanned } from '../opened.js';
import { ModelImage } from './modelImage.js';
import { guestCluster } from '../../../src/core/units.js';

function finish<T>(steps: Generator<number, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    expect(step.value).toBeGreaterThanOrEqual(0);
    expect(step.value).toBeLessThanOrEqual(1);
  }
}

/** The names of the values of all clusters, and that their masks and counts agree with them. */
function namesIn(source: PictureSource, picture: Picture): string[] {
  const values = valuesOf(picture);
  const counts = finish(countValues(source));
  const names = Array.from({ length: source.clusters }, (_, cluster) => {
    const cell = cellAt(source, cluster);
    const value = glyphOf(cell) & DOMINANT_MASK;
    if (picture.layer !== 'kinds') expect(maskOf(cell)).toBe(maskOfValue(value));
    counts[value]--;
    return values[value];
  });
  expect(counts.every((count) => count === 0)).toBe(true);
  return names;
}

/** Random images, plain and with subclusters. */
function forImages(check: (model: ModelImage, scan: Scan) => void, numRuns = 25): void {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, extendedL2) => {
      const model = new ModelImage(seed, extendedL2);
      const scan = scanned(model.file);
      expect(scan.map.clusters).toBe(model.hostClusters);
      check(model, scan);
    }),
    { numRuns },
  );
}

const byGuest = (model: ModelImage, name: (guest: number) => string): string[] =>
  Array.from({ length: model.guestClusters }, (_, guest) => name(guest));

describe('the guest disk', () => {
  it('is what its writer made it', () => {
    forImages((model, scan) => {
      const source = finish(guestKinds(scan.image, scan.map));
      expect(namesIn(source, { view: 'guest', layer: 'kinds' })).toEqual(
        byGuest(model, (guest) => model.guestKind(guest)),
      );
      for (let guest = 0; guest < model.guestClusters; guest++) {
        const host = model.hostOf(guest);
        const trouble = host === undefined ? 0 : troubleOf(scan.map.cell(host));
        expect(source.glyph(guest) >>> TROUBLE_SHIFT).toBe(trouble);
      }
    });
  });

  it('is the same cluster by cluster', () => {
    forImages((model, scan) => {
      for (let guest = 0; guest < model.guestClusters; guest += 7) {
        const detail = guestClusterDetail(scan.image, scan.stored, guestCluster(guest));
        expect(detail.kind).toBe(model.guestKind(guest));
        expect(detail.hostClusters.at(0)).toBe(model.hostOf(guest));
        if (detail.kind === 'shared') expect(detail.sharedByCount).toBeGreaterThan(0);
      }
    });
  });
});

describe('the layers of the map', () => {
  it('are the numbers in its cells', () => {
    forImages((_, { map }) => {
      const names = (layer: 'refcounts' | 'differences'): string[] =>
        namesIn(mapLayer(layer, map), { view: 'host', layer });
      const [refcounts, differences] = [names('refcounts'), names('differences')];
      for (let cluster = 0; cluster < map.clusters; cluster++) {
        const stored = storedOf(map.cell(cluster));
        const by = stored - referencesOf(map.cell(cluster));
        if (stored < 4) expect(refcounts[cluster]).toBe(String(stored));
        else expect(parseInt(refcounts[cluster])).toBeLessThanOrEqual(stored);
        expect(differences[cluster]).toBe(by === 0 ? (stored === 0 ? 'free' : 'equal') : 'high-1');
      }
    });
  });
});

describe('the snapshots', () => {
  it('own what their tables lead to', () => {
    forImages((model, scan) => {
      const source = snapshotLayer(finish(ownershipWithImage(scan)));
      const host = namesIn(source, { view: 'host', layer: 'snapshots' });
      const expected = host.map(
        (_, cluster) =>
          model.snapshots(cluster) || (kindsOf(scan.map.cell(cluster)) === 0 ? 'none' : 'other'),
      );
      expect(host).toEqual(expected);
      const guest = finish(ontoGuest(scan.image, source));
      expect(namesIn(guest, { view: 'guest', layer: 'snapshots' })).toEqual(
        byGuest(model, (cluster) => expected[model.hostOf(cluster) ?? -1] ?? 'none'),
      );
    });
  });
});

describe('the fragmentation', () => {
  it('is the distance from the end of the cluster before', () => {
    forImages((model, scan) => {
      const { guest, host } = finish(fragmentation(scan.image));
      const names = namesIn(guest, { view: 'guest', layer: 'fragmentation' });
      expect(names).toEqual(byGuest(model, (cluster) => model.fragmentation(cluster)));
      const fragmented = names.filter((name) => name !== 'none' && name !== 'contiguous');
      expect(fragmented.length).toBe(scan.statistics.fragmented);

      const values = valuesOf({ view: 'host', layer: 'fragmentation' });
      const inFile = namesIn(host, { view: 'host', layer: 'fragmentation' });
      for (let cluster = 0; cluster < model.hostClusters; cluster += 5) {
        const worst = model.guestsOf(cluster).map((each) => values.indexOf(names[each]));
        expect(inFile[cluster]).toBe(values[Math.max(0, ...worst)]);
      }
    });
  });
});

describe('the bitmaps', () => {
  it('are dirty where any of their bits is', () => {
    forImages((model, scan) => {
      const guest = finish(dirtyClusters(scan.image));
      const names = namesIn(guest, { view: 'guest', layer: 'bitmaps' });
      expect(names).toEqual(byGuest(model, (cluster) => model.bitmaps(cluster)));

      const values = valuesOf({ view: 'host', layer: 'bitmaps' });
      const host = finish(ontoHost(scan.image, guest));
      const inFile = namesIn(host, { view: 'host', layer: 'bitmaps' });
      for (let cluster = 0; cluster < model.hostClusters; cluster += 5) {
        const worst = model.guestsOf(cluster).map((each) => values.indexOf(names[each]));
        expect(inFile[cluster]).toBe(values[Math.max(0, ...worst)]);
      }
    });
  });
});

describe('the values of a layer', () => {
  const pictures = VIEWS.flatMap((view) => LAYERS.map((layer): Picture => ({ view, layer })));

  it.each(pictures)('fit the mask, and have ranks of their own: $view $layer', (picture) => {
    const values = valuesOf(picture);
    expect(values.length).toBeLessThanOrEqual(16);
    expect(new Set(values).size).toBe(values.length);
    const ranks = ranksOf(picture).subarray(0, values.length);
    expect(new Set(ranks).size).toBe(values.length);
    expect(ranksOf(picture)[31]).toBe(0);
  });
});
