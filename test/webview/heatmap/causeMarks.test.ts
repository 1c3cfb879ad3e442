import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../src/core/check/causes/cause.js';
import { createCurve } from '../../../src/core/picture/curve.js';
import { hostCluster, ifKnown } from '../../../src/core/units.js';
import { fit } from '../../../webview/heatmap/camera.js';
import { placeCauses } from '../../../webview/heatmap/marks/causeMarks.js';
import type { Box } from '../../../webview/heatmap/marks/causeGround.js';
import { placesOf } from '../../../webview/state/causePlaces.js';

const curve = createCurve('rows', 2 ** 12);
const view = { width: 400, height: 400 };
const frame = { curve, view, camera: fit(curve.filled, view) };

const NOWHERE = { isFree: () => false };

describe('numbers of causes on the map', () => {
  it('stand in the corner of their cells, as soon as there is room', () => {
    const causes = [
      { number: 1, cluster: hostCluster(0) },
      { number: 2, cluster: hostCluster(1) },
      { number: 3, cluster: hostCluster(1) },
      { number: 4, cluster: hostCluster(2 ** 13) },
    ];
    const camera = { ...frame.camera, scale: 40, x: 2, y: 2 };
    const large = placeCauses(causes, { ...frame, camera }, NOWHERE);
    expect(large.map(({ numberAt }) => numberAt !== undefined)).toEqual([true, true, false]);
    for (const { x, y, numberAt } of large.slice(0, 2)) {
      expect(Math.abs((numberAt?.x ?? NaN) - x)).toBeLessThan(20 - 9);
      expect(Math.abs((numberAt?.y ?? NaN) - y)).toBeLessThan(20 - 9);
    }
  });

  it('stand beside small cells, apart from each other, where they hide nothing', () => {
    const causes = [10, 11, 2000].map((cluster, place) => ({
      number: place + 1,
      cluster: hostCluster(cluster),
    }));
    const numbersOn = (isFree: (box: Box) => boolean): ReturnType<typeof placeCauses> =>
      placeCauses(causes, frame, { isFree });
    const everywhere = numbersOn(() => true);
    expect(everywhere.every(({ hasLine }) => hasLine)).toBe(true);
    const [a, b] = everywhere.map(({ numberAt }) => numberAt ?? { x: NaN, y: NaN });
    expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThanOrEqual(22);
    expect(numbersOn(() => false).map(({ numberAt }) => numberAt)).toEqual(
      Array(3).fill(undefined),
    );
    // The first two are in the uppermost row: what they need is below.
    const below = numbersOn(({ y }) => y > 60);
    expect(below.map(({ numberAt }) => numberAt !== undefined)).toEqual([false, false, true]);
    // Room for numbers, but none for lines.
    const wide = numbersOn(({ width }) => width > 10);
    expect(wide.map(({ numberAt }) => numberAt !== undefined)).toEqual([true, true, true]);
    expect(wide.some(({ hasLine }) => hasLine)).toBe(false);
  });

  it('find the strip above the picture, where all around the cell is rare', () => {
    const scale = 8;
    const top = 20;
    const camera = { scale, x: 25, y: (view.height / 2 - top) / scale };
    const isFree = ({ y, height }: Box): boolean => y + height <= top;
    const causes = [{ number: 1, cluster: hostCluster(20) }];
    const [{ numberAt, hasLine }] = placeCauses(causes, { ...frame, camera }, { isFree });
    expect(numberAt?.y).toBeLessThan(top - 9);
    expect(hasLine).toBe(true);
  });

  it('are those of the cards: what does no harm has none', () => {
    const cause = (severity: Cause['severity'], cluster: number | undefined): Cause => ({
      id: 'other',
      severity,
      title: '',
      explanation: '',
      picture: undefined,
      danger: { bytes: 0, text: '', guest: [], ranges: 0, snapshots: [], wholeDisk: false },
      doNext: [],
      doNot: [],
      host: [],
      findings: 1,
      qemuLines: [],
      qemuLineCount: 0,
      clusterToShow: ifKnown(cluster, hostCluster),
    });
    const causes = [cause('danger', undefined), cause('damage', 0x25), cause('waste', 9)];
    expect(placesOf(causes)).toEqual([{ number: 2, cluster: 0x25 }]);
  });
});
