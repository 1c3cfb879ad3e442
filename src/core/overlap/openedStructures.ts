import { BIT } from '../map/kinds.js';
import type { MappableImage } from '../qcow2/image.js';
import type { ParseResult } from '../size.js';
import { openSequence } from './openSequence.js';
import type { OperationList } from './operationList.js';
import { Replay } from './replay.js';
import type { StructureGeometry, StructureSettings } from './settings.js';
import { STRUCTURE_TYPES, type TypeSet } from './types.js';

/** The structures of an image that has just been opened. */
export type OpenedStructures =
  /** Nothing is guarded: nothing is created, and no limit applies. */
  | { readonly state: 'none' }
  /** The image does not open; the message is QEMU's, or says why nothing can be shown. */
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'built'; readonly replay: Replay };

/**
 * Builds an image's structures anew for each setting, without reading the image anew: what opening
 * enters is read once, with the inactive L2 tables when they are first asked for.
 */
export class StructureBuilder {
  readonly geometry: StructureGeometry;
  readonly #image: MappableImage;
  #sequence:
    { readonly inactiveL2: boolean; readonly operations: ParseResult<OperationList> } | undefined;

  constructor(image: MappableImage) {
    this.#image = image;
    this.geometry = {
      clusterBits: image.geometry.clusterBits,
      fileLength: image.geometry.fileSize,
    };
  }

  /** What opening enters. Throws on I/O errors. */
  operations(guarded: TypeSet): ParseResult<OperationList> {
    const inactiveL2 = (guarded & BIT.inactiveL2) !== 0;
    if (this.#sequence?.inactiveL2 !== inactiveL2)
      this.#sequence = { inactiveL2, operations: openSequence(this.#image, guarded) };
    return this.#sequence.operations;
  }

  /** Throws on I/O errors. */
  build(settings: StructureSettings): OpenedStructures {
    if ((settings.guarded & STRUCTURE_TYPES) === 0) return { state: 'none' };
    const operations = this.operations(settings.guarded);
    if (!operations.ok) return { state: 'failed', message: operations.message };
    const replay = Replay.run(this.geometry, settings, operations.value);
    return replay.ok
      ? { state: 'built', replay: replay.value }
      : { state: 'failed', message: replay.message };
  }
}
