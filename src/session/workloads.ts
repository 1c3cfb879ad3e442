import type { ParseResult } from '../core/size.js';
import { FileWorkload } from '../core/workload/fileWorkload.js';
import { parsePattern } from '../core/workload/pattern.js';
import { PatternSource } from '../core/workload/patternSource.js';
import type { RequestBatch } from '../core/workload/request.js';
import type { WorkloadReport } from '../core/workload/workloadReport.js';
import type { Workload } from '../protocol/questions.js';
import type { Machine } from './machine.js';

/** Requests of a pattern that are made at once. */
const AT_ONCE = 2 ** 11;

/** A workload that is being read. Throws on I/O errors. */
export interface OpenWorkload {
  /** Puts the next requests into an empty batch; false at the end. */
  fill(batch: RequestBatch): boolean;
  /** Why there will be none. */
  readonly hopeless: string | undefined;
  /** Part done after so many requests, 0 … 1; 0 where nobody knows how long it is. */
  done(requests: number): number;
  readonly report: WorkloadReport;
  close(): void;
}

/** Not ok for what makes no workload on a disk of that size. */
export function openWorkload(
  workload: Workload,
  diskSize: number,
  machine: Machine,
): ParseResult<OpenWorkload> {
  return workload.kind === 'pattern'
    ? openPattern(workload.text, diskSize)
    : openFile(workload, machine);
}

function openPattern(text: string, diskSize: number): ParseResult<OpenWorkload> {
  const parsed = parsePattern(text);
  if (!parsed.ok) return parsed;
  const pattern = parsed.value;
  const source = PatternSource.on(pattern, diskSize);
  if (!source.ok) return source;
  return {
    ok: true,
    value: {
      fill: (batch) => source.value.fill(batch, AT_ONCE),
      hopeless: undefined,
      done: (requests) => Math.min(1, requests / pattern.ops),
      report: { kind: 'pattern', pattern },
      close: () => undefined,
    },
  };
}

const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

type FileQuery = Extract<Workload, { readonly kind: 'file' }>;

function openFile(
  { file, format, volume }: FileQuery,
  { openWorkloadFile }: Machine,
): ParseResult<OpenWorkload> {
  if (!openWorkloadFile) return { ok: false, message: 'there are no files here' };
  const bytes = openWorkloadFile(file);
  try {
    const made = FileWorkload.open(bytes, { name: nameOf(file), format, volume });
    if (!made.ok) {
      bytes.close();
      return made;
    }
    const source = made.value;
    return {
      ok: true,
      value: {
        fill: (batch) => source.fill(batch),
        get hopeless() {
          return source.hopeless;
        },
        done: () => (bytes.size ? Math.min(1, source.bytesRead / bytes.size) : 0),
        get report() {
          return source.report;
        },
        close: () => {
          bytes.close();
        },
      },
    };
  } catch (error) {
    bytes.close();
    throw error;
  }
}
