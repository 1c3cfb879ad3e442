import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CacheEntry } from '../../../../src/core/simulate/driver/state/cacheEntry.js';
import { CacheOrder } from '../../../../src/core/simulate/driver/state/cacheOrder.js';

const SLOTS = 7;

type Action =
  | { readonly do: 'take'; readonly start: number; readonly holds: boolean }
  | { readonly do: 'use' | 'reopen' | 'release'; readonly which: number };

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('take' as const), start: fc.nat(SLOTS - 1), holds: fc.boolean() }),
    fc.record({
      do: fc.constantFrom('use' as const, 'reopen' as const, 'release' as const),
      which: fc.nat(SLOTS),
    }),
  ),
  { maxLength: 120 },
);

/** QEMU's search: every slot from a start on, around; the first with the smallest counter. */
function searched(
  entries: readonly (CacheEntry | undefined)[],
  uses: ReadonlyMap<number, number>,
  start: number,
) {
  let best: number | undefined;
  let least = Infinity;
  for (let i = 0; i < SLOTS; i++) {
    const slot = (start + i) % SLOTS;
    const use = uses.get(slot) ?? 0;
    if ((entries[slot]?.references ?? 0) > 0 || use >= least) continue;
    best = slot;
    least = use;
  }
  return best;
}

it('finds the slot that a search through all of them finds', () => {
  fc.assert(
    fc.property(actions, (list) => {
      const order = new CacheOrder(SLOTS);
      const entries: (CacheEntry | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
      const uses = new Map<number, number>();
      let now = 0;
      const use = (entry: CacheEntry): void => {
        uses.set(entry.slot, ++now);
        order.moveToEnd(entry);
      };
      for (const action of list) {
        if (action.do === 'take') {
          const expected = searched(entries, uses, action.start);
          const empty = order.takeEmpty(action.start);
          const found =
            typeof empty === 'number'
              ? new CacheEntry(empty, empty, 512, () => undefined)
              : (empty ?? order.oldestFree());
          expect(found?.slot).toBe(expected);
          if (!found) continue;
          entries[found.slot] = found;
          if (action.holds) {
            found.references++;
            // It was never given back: nothing but its references keeps it.
            uses.set(found.slot, uses.get(found.slot) ?? 0);
          } else use(found);
          continue;
        }
        const entry = entries[action.which];
        if (!entry) continue;
        if (action.do === 'release' && entry.references > 0) {
          entry.references--;
          use(entry);
        } else if (action.do === 'use' && entry.references === 0) use(entry);
        else if (action.do === 'reopen' && entry.references === 0) {
          entries[action.which] = entry;
          uses.set(entry.slot, 0);
          order.reopen(entry);
        }
      }
    }),
  );
});
