import { expect, it } from 'vitest';
import type { DamagedDisk } from '../../../../src/core/check/causes/guestDamage.js';
import { nowCell } from '../../../../webview/panes/overview/repairColumns.js';

const disk = (isPartial: boolean): DamagedDisk => ({
  snapshot: undefined,
  size: 2 ** 30,
  ranges: [{ start: 0, length: 65_536, state: 'lost', causes: [0] }],
  bytes: { lost: 65_536, shared: 0, doubt: 0 },
  isPartial,
});

it('a bar that does not draw all ranges says so', () => {
  expect(nowCell(disk(false)).text).toBe('64 KiB lost');
  expect(nowCell(disk(true)).text).toBe('64 KiB lost · more ranges than are drawn');
});
