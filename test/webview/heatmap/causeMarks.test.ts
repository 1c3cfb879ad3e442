import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../src/core/check/causes/cause.js';
import { createCurve } from '../../../src/core/picture/curve.js';
import { hostCluster, ifKnown } from '../../../src/core/units.js';
import { fit } from '../../../webview/heatmap/camera.js';
import { placeCauses } from '../../../webview/heatmap/marks/causeMarks.js';
import { placesOf } from '../../../webview/state/causePlaces.js';

const curve = createCurve('rows', 2 ** 12);
const view = { width: 400, height: 400 };
const frame = { curve, view, camera: fit(curve.filled, view) };

describe('numbers of causes on the map', () => {
  it('stand beside the cell, and on the other side at the edge', () => {
    const [first, last] = placeCauses(
      [
        { number: 1, cluster: hostCluster(0) },
        { number: 2, cluster: hostCluster(curve.filled.width - 1) },
      ],
      frame,
    );
    expect(first.numberX).toBeGreaterThan(first.x);
    expect(last.numberX).toBeLessThan(last.x);
    for (const { numberX } of [first, last]) {
      expect(numberX).toBeGreaterThan(9);
      expect(numberX).toBeLessThan(view.width - 9);
    }
  });

  it('never lie over each other, nor where there is no such cluster', () => {
    const many = Array.from({ length: 5 }, (_, i) => ({
      number: i + 1,
      cluster: hostCluster(i === 4 ? 2 ** 13 : i),
    }));
    const placed = placeCauses(many, frame);
    expect(placed.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    for (const a of placed)
      for (const b of placed)
        if (a !== b)
          expect(Math.hypot(a.numberX - b.numberX, a.y - b.y)).toBeGreaterThanOrEqual(18);
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
