import { type ByteSource, readBytes } from '../../../src/core/byteSource.js';
import { hex } from '../../../src/core/bytes.js';
import type { WriteStep } from '../../../src/core/simulate/outcome.js';

const UNTOUCHED = 0;
const METADATA = 1;
const ZEROS = 2;
/** Copied guest data, or compressed data: written, whatever it says. */
const SOMETHING = 3;

/** Which byte of the file was written last by what, as the simulator tells its writes. */
export class Painting {
  readonly #labels: Uint8Array;

  /** `length` in bytes; writes past it are not looked at. */
  constructor(length: number) {
    this.#labels = new Uint8Array(length);
  }

  /** `pattern`: the byte that fills guest data, not one of the labels. */
  paint(step: WriteStep, pattern: number): void {
    if (step.conflict !== undefined) return;
    const label = labelOf(step, pattern);
    if (label !== undefined) this.#labels.fill(label, step.offset, step.offset + step.size);
  }

  /** Where the file after is not what the writes made of the file before: a line for each cluster. */
  differences(before: ByteSource, after: ByteSource, ours: ByteSource, cluster: number): string[] {
    const lines: string[] = [];
    const labels = this.#labels;
    for (let start = 0; start < labels.length; start += cluster) {
      const length = Math.min(cluster, labels.length - start);
      const old = readBytes(before, start, length);
      const found = readBytes(after, start, length);
      const own = readBytes(ours, start, length);
      const at = found.findIndex((byte, index) => {
        switch (labels[start + index]) {
          case UNTOUCHED:
            return byte !== old[index];
          case METADATA:
            return byte !== own[index];
          case ZEROS:
            return byte !== 0;
          case SOMETHING:
            return false;
          default:
            return byte !== labels[start + index];
        }
      });
      if (at < 0) continue;
      const what = NAMES[labels[start + at]] ?? 'guest data';
      lines.push(
        `cluster ${String(start / cluster)}, byte ${hex(start + at)} (${what}): before ${hex(old[at])}, ` +
          `QEMU ${hex(found[at])}, ours ${hex(own[at])}`,
      );
    }
    return lines;
  }
}

const NAMES = ['not written', 'metadata', 'zeros', 'something'] as const;

function labelOf({ what }: WriteStep, pattern: number): number | undefined {
  switch (what) {
    case 'guest data':
      return pattern;
    case 'copy on write':
    case 'compressed data':
      return SOMETHING;
    case 'zeroed area':
    case 'hole':
      return ZEROS;
    case 'header':
    case 'header field':
    case 'L1 entry':
    case 'L1 table':
    case 'L2 slice':
    case 'refcount block':
    case 'refcount table entry':
    case 'refcount table':
    case 'snapshot table':
    case 'snapshot L1 table':
    case 'bitmap directory':
      return METADATA;
    case 'external data':
      return undefined;
  }
}
