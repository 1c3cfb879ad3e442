/** What is asked of `qemu-img check -r`. */
export type RepairMode = 'leaks' | 'all';

/** What a pass may mend (BdrvCheckMode): the second pass of a repair mends nothing. */
export interface Fixing {
  readonly leaks: boolean;
  readonly errors: boolean;
}

export const FIX_NOTHING: Fixing = { leaks: false, errors: false };

export const fixingOf = (mode: RepairMode): Fixing => ({ leaks: true, errors: mode === 'all' });

/** A message's first word: what is done about what was found. */
export const repairingOr = (isRepaired: boolean, otherwise: 'ERROR' | 'Leaked'): string =>
  isRepaired ? 'Repairing' : otherwise;
