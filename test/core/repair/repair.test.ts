import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/byteSource.js';
import { scan } from '../../../src/core/check/scan.js';
import { isMappable, openImage } from '../../../src/core/qcow2/image.js';
import { changeRows } from '../../../src/core/repair/changeRows.js';
import type { ChangeKind } from '../../../src/core/repair/changes.js';
import type { RepairMode } from '../../../src/core/repair/mode.js';
import { repair, type Repair } from '../../../src/core/repair/repair.js';
import { bytes, guestOffset, hostOffset } from '../../../src/core/units.js';
import { finish } from '../../../src/core/work.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { fileBytes } from '../../images/pieces.js';
import vectors from './vectors.json' with { type: 'json' };

const repaired = (bytes: Uint8Array, mode: RepairMode, memory?: number): Repair =>
  finish(repair(openImage(memorySource(bytes)), { mode, filename: 'image.qcow2', memory }));

const vector = (name: keyof typeof vectors): Uint8Array =>
  inflateSync(Buffer.from(vectors[name].deflated, 'base64'));

const kinds = ({ changes }: Repair): ChangeKind[] => [...changes.totals.keys()];

describe('what a repair tells', () => {
  it('of a sound image: nothing changes', () => {
    const { size, pieces } = layOut(new ImageBuilder({ virtualSize: 2 ** 20 }).write(0, 4));
    const { ending, isChanged, messages, changes, passes } = repaired(
      fileBytes({ size, pieces }),
      'all',
    );
    expect(ending).toEqual({ state: 'done', exitCode: 0 });
    expect({ isChanged, messages, passes }).toEqual({ isChanged: false, messages: [], passes: 1 });
    expect(changes.kept).toEqual([]);
  });

  it('of leaks: each refcount, and what is given free', () => {
    const { changes } = repaired(vector('leak_4k'), 'leaks');
    expect(changes.kept).toEqual([
      { what: 'refcount', offset: 0x6000, length: 4096, index: 6, before: '2', after: '1' },
      { what: 'refcount', offset: 0x7000, length: 4096, index: 7, before: '1', after: '0' },
      { what: 'refcount', offset: 0x8000, length: 4096, index: 8, before: '3', after: '0' },
      { what: 'freed', offset: 0x7000, length: 8192 },
    ]);
  });

  it('of flags: the entries, on the guest disk too', () => {
    const { changes } = repaired(vector('copied_64k'), 'all');
    expect(changes.kept.length).toBeGreaterThan(0);
    for (const { what, guestOffset, before, after } of changes.kept) {
      const inDisk = guestOffset !== undefined;
      expect({ what, inDisk }).toEqual({ what: 'l2-entry', inDisk: true });
      // Only the highest bit.
      expect(BigInt(before ?? 0) ^ BigInt(after ?? 0)).toBe(1n << 63n);
    }
    // Neighbours whose flag turns the same way are a row, and no change is in two.
    const rows = changeRows(changes.kept);
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(changes.kept.length);
    const at = 0x50000;
    const flags = ['', '8', '8', '8'].map((flag, index) => ({
      what: 'l2-entry' as const,
      offset: hostOffset(at + 8 * index),
      length: bytes(8),
      guestOffset: guestOffset(65_536 * index),
      before: `0x${flag}${String(index).padStart(15, '0')}`,
      after: `0x${flag === '' ? '8' : ''}${String(index).padStart(15, '0')}`,
    }));
    expect(changeRows(flags).map(({ count, guestEnd }) => [count, guestEnd])).toEqual([
      [1, undefined],
      [3, 3 * 65_536],
    ]);
  });

  it('of a rebuild: blocks, the table, the header', () => {
    const rebuilt = repaired(vector('rt_zero_4k'), 'all');
    expect(rebuilt.rebuilt).toBe(true);
    expect(kinds(rebuilt)).toEqual([
      'refcount-block',
      'refcount-table',
      'refcount',
      'freed',
      'header-field',
    ]);
  });

  it('of snapshots that it deletes: the header', () => {
    const { changes } = repaired(vector('bitmap_snap_64k'), 'leaks');
    expect(changes.kept).toContainEqual({
      what: 'header-field',
      offset: 60,
      length: 4,
      field: 'nb_snapshots',
      before: '0x1',
      after: '0x0',
    });
  });

  it('in the order in which it writes: holes before the counts, opening before checking', () => {
    const leaks = repaired(vector('leak_4k'), 'leaks').steps;
    expect(leaks).toEqual([
      {
        phase: 'checking',
        what: 'hole',
        writes: 1,
        length: 8192,
        places: [{ offset: 0x7000, length: 8192 }],
        conflict: undefined,
        harms: false,
      },
      expect.objectContaining({ what: 'refcount block', writes: 1 }),
    ]);
    const order = ({ steps }: Repair): string[] => steps.map(({ what }) => what);
    // Traced: block, block again, table, 12 bytes.
    expect(order(repaired(vector('rt_zero_4k'), 'all')).slice(0, 3)).toEqual([
      'refcount block',
      'refcount table',
      'header field',
    ]);
    const opening = repaired(vector('bitmap_snap_64k'), 'leaks').steps;
    expect(opening[0]).toMatchObject({ phase: 'opening', what: 'header' });
    expect(opening.at(-1)?.phase).toBe('closing');
  });

  it('is a file that can be opened and scanned', () => {
    const after = openImage(repaired(vector('owners_4k'), 'all').after);
    if (!isMappable(after)) throw new Error('it has no geometry');
    expect(finish(scan(after)).comparison.total).toBe(0);
  });

  it('keeps to its memory', () => {
    expect(() => repaired(vector('leak_4k'), 'all', 1000)).toThrow('larger than its budget');
  });
});
