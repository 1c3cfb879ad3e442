import type { FoundTables } from '../core/lost/findTables.js';

/** Tables that nothing points to. To be asked again while they are looked for. */
export type LostTablesAnswer =
  /** Part of the file read, 0 … 1. */
  | { readonly state: 'computing'; readonly done: number }
  | {
      readonly state: 'found';
      readonly found: FoundTables;
      /** By candidate: what it would have the header say, as parseAssumedHeader reads it. */
      readonly assumed: readonly (string | undefined)[];
    }
  | { readonly state: 'failed'; readonly message: string };

/** The damage in the guest's terms, as a file. To be asked again while it is computing. */
export type DamageAnswer =
  | { readonly state: 'computing' }
  | { readonly state: 'known'; readonly text: string }
  | { readonly state: 'failed'; readonly message: string };
