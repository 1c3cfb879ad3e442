import type { Finding } from '../../core/check/finding.js';
import type { CheckCounts } from '../../core/inspect/inspection.js';
import { Printable, t } from '../frame/printable.js';

/** As printf's `%0.2f%%`: an exact half goes to the even digit, where toFixed goes up. */
export function percent(part: number, whole: number): string {
  const value = (part * 100) / whole;
  // Of all that ends in 5 at the third decimal, a binary number has exactly 1/8, 3/8, 5/8 and 7/8.
  const isHalf = (value * 8) % 2 === 1;
  const below = Math.floor(value * 100);
  return `${(isHalf ? (below + (below % 2)) / 100 : value).toFixed(2)}%`;
}

/** The counts for people, in the words of `qemu-img check`. */
export function checkText(counts: CheckCounts): Printable {
  const { corruptions, leaks, checkErrors, allocatedClusters: allocated } = counts;
  const parts: Printable[] = [];
  if (corruptions + leaks + checkErrors === 0) parts.push(t`No errors were found on the image.\n`);
  if (corruptions > 0)
    parts.push(
      t`\n${corruptions} errors were found on the image.\n`,
      t`Data may be corrupted, or further writes to the image may corrupt it.\n`,
    );
  if (leaks > 0)
    parts.push(
      t`\n${leaks} leaked clusters were found on the image.\n`,
      t`This means waste of disk space, but no harm to data.\n`,
    );
  if (checkErrors > 0)
    parts.push(t`\n${checkErrors} internal errors have occurred during the check.\n`);
  if (counts.totalClusters > 0 && allocated > 0)
    parts.push(
      t`${allocated}/${counts.totalClusters} = ${percent(allocated, counts.totalClusters)} allocated, `,
      t`${percent(counts.fragmentedClusters, allocated)} fragmented, `,
      t`${percent(counts.compressedClusters, allocated)} compressed clusters\n`,
    );
  if (counts.imageEndOffset > 0) parts.push(t`Image end offset: ${counts.imageEndOffset}\n`);
  return Printable.join(parts);
}

/** What qemu-img check does not see. */
export function noticesText(notices: readonly Finding[]): Printable {
  if (notices.length === 0) return t``;
  return Printable.join([
    t`\nNot seen by qemu-img check:\n`,
    ...notices.map(({ message }) => t`  ${message}\n`),
  ]);
}
