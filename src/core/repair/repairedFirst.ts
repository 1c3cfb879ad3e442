import { plural } from '../numbers.js';

/** What a repair by opening comes to. */
export interface RepairedFirst {
  readonly fixed: { readonly corruptions: number; readonly leaks: number };
  /** What it leaves: the image stays dirty then until it is closed. */
  readonly corruptions: number;
  readonly rebuilt: boolean;
}

/** That opening a dirty image has repaired it, in a sentence without a full stop. */
export function repairedFirstText({ fixed, corruptions, rebuilt }: RepairedFirst): string {
  const things = [
    ...(fixed.corruptions > 0 ? [plural(fixed.corruptions, 'corruption')] : []),
    ...(fixed.leaks > 0 ? [plural(fixed.leaks, 'leak')] : []),
  ];
  const done =
    things.length > 0
      ? `opening it repairs ${things.join(' and ')} first`
      : corruptions > 0
        ? 'opening it checks it first, and can repair nothing'
        : 'opening it checks it first, and finds nothing wrong';
  const how = rebuilt ? ', with new refcount structures' : '';
  const left = corruptions > 0 ? `; ${plural(corruptions, 'corruption')} left, it stays dirty` : '';
  return `The image is dirty: ${done}${how}${left}`;
}
