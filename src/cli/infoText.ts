import type { ByteSource } from '../core/byteSource.js';
import { hex } from '../core/bytes.js';
import { openImage } from '../core/qcow2/image.js';
import { FEATURE_FIELDS, featuresOf } from './features.js';

/** Everything the header and its top-level tables say, as a short text for people. */
export function infoText(source: ByteSource, filename: string): string {
  const image = openImage(source);
  const lines = [`${filename}: ${source.size} bytes`, ''];
  for (const { name, offset, size, value } of image.header.fields)
    lines.push(
      `${hex(offset).padStart(6)}  ${name.padEnd(24)} ${size <= 1 || name === 'version' ? value : `${value} (${hex(value)})`}`,
    );
  for (const [kind, field] of FEATURE_FIELDS) {
    const names = featuresOf(image, kind, field);
    if (names.length > 0) lines.push(`        ${kind}: ${names.join(', ')}`);
  }
  if (image.backingFile !== undefined) lines.push('', `backing file: ${image.backingFile}`);
  if (image.dataFile !== undefined) lines.push('', `data file: ${image.dataFile}`);
  if (image.extensions.list.length > 0) lines.push('', 'extensions');
  for (const e of image.extensions.list)
    lines.push(`${hex(e.offset).padStart(6)}  ${e.type}, ${e.length} bytes`);
  if (image.snapshotTable.snapshots.length > 0) lines.push('', 'snapshots');
  for (const s of image.snapshotTable.snapshots)
    lines.push(
      `${hex(s.offset).padStart(6)}  ${s.id} '${s.name}', L1 table of ${s.l1Size} entries at ${hex(s.l1Offset)}`,
    );
  if (image.bitmaps && image.bitmaps.bitmaps.length > 0) lines.push('', 'bitmaps');
  for (const b of image.bitmaps?.bitmaps ?? [])
    lines.push(
      `${hex(b.offset).padStart(6)}  '${b.name}', granularity ${2 ** b.granularityBits}, table of ${b.tableSize} entries at ${hex(b.tableOffset)}${b.inUse ? ', in use' : ''}`,
    );
  if (image.problems.length > 0) lines.push('', 'problems');
  for (const problem of image.problems) {
    lines.push(`  ${problem.message}`);
    if (problem.refusal !== undefined) lines.push(`    QEMU refuses: ${problem.refusal}`);
  }
  return lines.join('\n') + '\n';
}
