import type { ByteSource } from '../../src/core/byteSource.js';
import { diagnose } from '../../src/core/check/causes/diagnose.js';
import { scan } from '../../src/core/check/scan.js';
import { isMappable, openImage } from '../../src/core/qcow2/image.js';
import { maskedOffset } from '../../src/core/qcow2/entryTable.js';
import { FileSource } from '../../src/node/fileSource.js';

/** Refcounts that are taken away. */
const LOST = 2 ** 20;

/** Milliseconds. */
export interface DiagnosisNumbers {
  readonly findings: number;
  readonly scanned: number;
  readonly whole: number;
  readonly longestStep: number;
}

/** What the scan that finds a million faults costs, and the diagnosis after it. */
export function diagnosisNumbers(path: string): DiagnosisNumbers {
  const source = FileSource.open(path);
  const image = openImage(withoutRefcounts(source));
  if (!isMappable(image)) throw new Error(`${path} has no geometry`);
  const begin = performance.now();
  const steps = scan(image);
  let step = steps.next();
  while (!step.done) step = steps.next();
  const causes = diagnose(image, step.value, path);
  const start = performance.now();
  const scanned = start - begin;
  let longestStep = 0;
  for (let before = start; ;) {
    const answer = causes.next();
    const now = performance.now();
    longestStep = Math.max(longestStep, now - before);
    before = now;
    if (!answer.done) continue;
    source.close();
    const findings = answer.value.causes.reduce((sum, cause) => sum + cause.findings, 0);
    return { findings, scanned, whole: now - start, longestStep };
  }
}

/** The file with the first refcount blocks empty. */
function withoutRefcounts(source: ByteSource): ByteSource {
  const { refcountTable, geometry } = openImage(source);
  const blocks = new Set<number>();
  for (let index = 0; index * (geometry?.refcountsPerBlock ?? LOST) < LOST; index++)
    blocks.add(maskedOffset(refcountTable.high(index), refcountTable.low(index)));
  return {
    size: source.size,
    readInto(target, offset) {
      source.readInto(target, offset);
      if (blocks.has(offset)) target.fill(0);
    },
  };
}
