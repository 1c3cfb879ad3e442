import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { checkText } from '../../../src/cli/check/checkText.js';
import { type ByteSource, memorySource, readBytes } from '../../../src/core/byteSource.js';
import type { RepairMode } from '../../../src/core/repair/mode.js';
import { repair, type Repair } from '../../../src/core/repair/repair.js';
import { openImage } from '../../../src/core/qcow2/image.js';
import { finish } from '../../../src/core/work.js';
import vectors from './vectors.json' with { type: 'json' };

const BACKING_GONE =
  "Could not open backing file: Could not open 'gone.raw': No such file or directory";

/** Repairs one of the recorded images. */
function repaired(name: string, deflated: string, mode: RepairMode): Repair {
  const source = memorySource(inflateSync(Buffer.from(deflated, 'base64')));
  return finish(
    repair(openImage(source), {
      mode,
      filename: `${name}.qcow2`,
      backingRefusal: name.startsWith('autoclear_backing_gone') ? BACKING_GONE : undefined,
    }),
  );
}

function digest(file: ByteSource): string {
  return createHash('sha256')
    .update(readBytes(file, 0, file.size))
    .digest('hex')
    .slice(0, 16);
}

/** As it was recorded: of a long list the middle is left out. */
function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= 40) return lines;
  return [...lines.slice(0, 20), `... ${lines.length - 40} lines ...`, ...lines.slice(-20)];
}

/** QEMU ends one hint without a line break, and numbers its nodes. */
const asRecorded = (lines: readonly string[]): string[] =>
  lines
    .join('\n')
    .replace(/(on the image file to fix\.)\n/g, '$1')
    .replaceAll("'#block'", "'#blockN'")
    .split('\n')
    .filter((line) => line !== '');

function jsonOf({ counts }: Repair): Record<string, number> | null {
  if (!counts) return null;
  const all = {
    'image-end-offset': counts.imageEndOffset,
    'total-clusters': counts.totalClusters,
    'check-errors': counts.checkErrors,
    'allocated-clusters': counts.allocatedClusters,
    'fragmented-clusters': counts.fragmentedClusters,
    'compressed-clusters': counts.compressedClusters,
    corruptions: counts.corruptions,
    leaks: counts.leaks,
    'corruptions-fixed': counts.corruptionsFixed,
    'leaks-fixed': counts.leaksFixed,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([key, value]) => key === 'check-errors' || value !== 0),
  );
}

/** What QEMU 7.2.22, 10.0.13 and 11.1.3 did to 31 images, recorded once (see test/peer for more). */
describe.each(Object.entries(vectors))('%s', (name, vector) => {
  test.each(['leaks', 'all'] as const)('-r %s', (mode) => {
    const truth = vector[mode];
    const ours = repaired(name, vector.deflated, mode);
    expect(ours.ending).toEqual({ state: 'done', exitCode: truth.exit });
    expect(shortened(asRecorded(ours.messages))).toEqual(truth.stderr);
    expect(jsonOf(ours)).toEqual(truth.json);
    if (ours.counts && ours.passes === 1)
      expect(checkText(ours.counts).text.trimEnd()).toBe(truth.stdout.join('\n').trimEnd());
    expect(ours.after.size).toBe(truth.length);
    expect(digest(ours.after)).toBe(truth.sha256);
  });
});
