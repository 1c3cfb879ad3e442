import { FileWorkload } from '../../core/workload/fileWorkload.js';
import { isPatternName, parsePattern, patternNameOf } from '../../core/workload/pattern.js';
import { PatternSource } from '../../core/workload/patternSource.js';
import type { RequestBatch } from '../../core/workload/request.js';
import type { WorkloadReport } from '../../core/workload/workloadReport.js';
import { WorkloadFile } from '../../node/workloadFile.js';
import { RefusalError, valid } from '../frame/refusal.js';

/** Requests of a pattern that are made at once. */
const AT_ONCE = 2 ** 14;

/** What is to be read, in a user's words. */
export interface WorkloadWords {
  /** A file, `-`, or a pattern. */
  readonly workload: string;
  readonly format: string | undefined;
  readonly volume: string | undefined;
}

/** The requests of a workload, some at a time. */
export interface WorkloadSource {
  /** Puts the next requests into an empty batch; false at the end. Throws on I/O errors. */
  fill(batch: RequestBatch): boolean;
  readonly report: WorkloadReport;
  close(): void;
}

/** Throws RefusalError, and on I/O errors. */
export function openWorkload(words: WorkloadWords, diskSize: number): WorkloadSource {
  const { workload } = words;
  if (!isPatternName(patternNameOf(workload))) return openFile(words);
  const pattern = valid(parsePattern(workload));
  if (words.format !== undefined || words.volume !== undefined)
    throw new RefusalError(
      `the pattern ${pattern.name} is no file: it has no format and no volume`,
    );
  const source = valid(PatternSource.on(pattern, diskSize));
  return {
    fill: (batch) => source.fill(batch, AT_ONCE),
    report: { kind: 'pattern', pattern },
    close: () => undefined,
  };
}

function openFile({ workload, format, volume }: WorkloadWords): WorkloadSource {
  const file = opened(workload);
  try {
    const made = FileWorkload.open(file, { name: workload, format, volume });
    if (!made.ok && format === undefined)
      throw new RefusalError(`${made.message}; --workload-format says what it is`);
    const source = valid(made);
    return {
      fill(batch) {
        const isFilled = source.fill(batch);
        if (source.hopeless !== undefined) throw new RefusalError(source.hopeless);
        return isFilled;
      },
      get report() {
        return source.report;
      },
      close: () => {
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function opened(file: string): WorkloadFile {
  try {
    return new WorkloadFile(file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new RefusalError(`Cannot open the workload '${file}': ${error.message}`);
  }
}
