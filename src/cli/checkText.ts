import type { Finding } from '../core/layout/finding.js';
import type { CheckCounts } from '../core/layout/inspection.js';

const percent = (part: number, whole: number): string => `${((part * 100) / whole).toFixed(2)}%`;

/** The counts for people, in the words of `qemu-img check`, and then what it does not see. */
export function checkText(counts: CheckCounts, notices: readonly Finding[]): string {
  const lines: string[] = [];
  const { corruptions, leaks, checkErrors, allocatedClusters: allocated } = counts;
  if (corruptions + leaks + checkErrors === 0) lines.push('No errors were found on the image.');
  if (corruptions > 0)
    lines.push(
      '',
      `${corruptions} errors were found on the image.`,
      'Data may be corrupted, or further writes to the image may corrupt it.',
    );
  if (leaks > 0)
    lines.push(
      '',
      `${leaks} leaked clusters were found on the image.`,
      'This means waste of disk space, but no harm to data.',
    );
  if (checkErrors > 0)
    lines.push('', `${checkErrors} internal errors have occurred during the check.`);
  if (counts.totalClusters > 0 && allocated > 0)
    lines.push(
      `${allocated}/${counts.totalClusters} = ${percent(allocated, counts.totalClusters)} allocated, ` +
        `${percent(counts.fragmentedClusters, allocated)} fragmented, ` +
        `${percent(counts.compressedClusters, allocated)} compressed clusters`,
    );
  lines.push(`Image end offset: ${counts.imageEndOffset}`);
  if (notices.length > 0) lines.push('', 'Not seen by qemu-img check:');
  for (const notice of notices) lines.push(`  ${notice.message}`);
  return lines.join('\n') + '\n';
}
