import type { Commit } from '../core/chain/commit.js';
import type { DiskContents } from '../core/space/diskContents.js';
import type { LayerBytes } from '../core/chain/layerBytes.js';

/** A layer of a backing chain. Names are hostile text. */
export interface ToldLayer {
  readonly filename: string;
  /** How the layer above names it; undefined for the image itself. */
  readonly naming:
    | {
        readonly name: string;
        readonly relativeTo: string | undefined;
        readonly leavesFolder: boolean;
      }
    | undefined;
  /** Undefined where the chain ends in something that was not opened. */
  readonly format: string | undefined;
  /** Of the file, if the layer is all of it and can be opened. */
  readonly path: string | undefined;
  /** Bytes. */
  readonly virtualSize: number | undefined;
  readonly allocatedBytes: number | undefined;
  /** Why it cannot be used. */
  readonly error: string | undefined;
  readonly notes: readonly string[];
  readonly bytes: LayerBytes | undefined;
  /** What committing it into the layer below would do; and it with all above. */
  readonly commit: Commit | undefined;
  readonly fold: Commit | undefined;
}

/** The backing chain of an image, once the user has let it be read; the top layer first. */
export type ChainAnswer =
  | { readonly state: 'reading' }
  | {
      readonly state: 'known';
      readonly layers: readonly ToldLayer[];
      /** What QEMU says when it cannot open the chain. */
      readonly refusal: string | undefined;
      /** Of the whole disk; undefined where it cannot be read to its end. */
      readonly contents: DiskContents | undefined;
    }
  | { readonly state: 'failed'; readonly message: string };
