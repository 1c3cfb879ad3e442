import { type GuestLayer, layeredMap } from '../guest/backingChain.js';
import type { GuestRun } from '../guest/guestRun.js';

/** What a layer of a backing chain holds of the disk, and who sees it. Bytes of the guest's disk. */
export interface LayerBytes {
  /** Data of its own. */
  readonly data: number;
  /** Of those: what the guest reads through the top layer. */
  readonly visible: number;
  /** What a layer above covers by data or zeros of its own. */
  readonly shadowed: number;
  /** What lies past the end of a shorter layer above, or is damaged on the way: nobody reads it. */
  readonly unreachable: number;
}

export const isData = ({ kind }: GuestRun): boolean => kind === 'normal' || kind === 'compressed';

/** Adds up the layers, the top one first. Throws on I/O errors. */
export function layerBytes(layers: readonly GuestLayer[]): LayerBytes[] {
  const visible = layers.map(() => 0);
  for (const { run, depth } of layeredMap(layers)) if (isData(run)) visible[depth] += run.length;
  let reach = Infinity;
  return layers.map((layer, depth) => {
    let data = 0;
    let unreachable = 0;
    for (const run of layer.runs(0)) {
      if (!isData(run)) continue;
      data += run.length;
      unreachable += Math.max(0, run.start + run.length - Math.max(run.start, reach));
    }
    reach = Math.min(reach, layer.size);
    return {
      data,
      visible: visible[depth],
      shadowed: data - visible[depth] - unreachable,
      unreachable,
    };
  });
}
