import { plural, sizeText } from '../numbers.js';
import type { FileReport } from './fileWorkload.js';
import type { Pattern } from './pattern.js';
import type { WorkloadFormat } from './workloadFormat.js';

/** What a workload is, and what has been read of it. */
export type WorkloadReport = { readonly kind: 'pattern'; readonly pattern: Pattern } | FileReport;

/** `pattern zipf, blocks of 4 KiB, 70 % reads, seed 7` */
export const patternText = ({ name, block, reads, seed }: Pattern): string =>
  `pattern ${name}, blocks of ${sizeText(block)}, ${reads} % reads, seed ${seed}`;

/** How a file is read, in words. */
export function formatText(format: WorkloadFormat): string {
  switch (format.name) {
    case 'blkparse':
      return `blkparse, action ${format.action}`;
    case 'qemu':
      return `QEMU's trace log, events ${format.events}`;
    case 'csv': {
      const { layout, set } = format;
      const column = (index: number | undefined): string =>
        index === undefined ? 'none' : String(index + 1);
      const unit = (bytes: number): string => plural(bytes, 'byte');
      return `a table${set === undefined ? '' : ` (${set})`}: offset in column ${column(layout.offset)} in units of ${unit(layout.offsetUnit)}, length in ${column(layout.length)} of ${unit(layout.lengthUnit)}, operation in ${column(layout.operation)}, volume in ${column(layout.volume)}`;
    }
    default:
      return format.name;
  }
}
