import { Budget } from '../map/budget.js';
import {
  type Finding,
  type FindingCode,
  madeFinding,
  type RawFinding,
  type Severity,
} from './finding.js';

/** Bytes of a finding with its text and its owner, and of what is left behind when it is made. */
const FINDING_BYTES = 800;

/** What was found in one go, to be found again wherever the same thing is met once more. */
export interface FindingRecord {
  /** Those that were kept. */
  readonly findings: readonly Finding[];
  readonly counts: readonly { code: FindingCode; severity: Severity; count: number }[];
}

/** A recording of what is found from `start` on. */
interface Recording {
  readonly start: number;
  readonly counts: Map<FindingCode, { severity: Severity; count: number }>;
}

/**
 * Findings in the order in which QEMU comes upon them. A hostile image can have one for every
 * entry: all are counted, the first `KEPT` are kept.
 */
export class FindingList {
  static readonly KEPT = 100_000;
  readonly #kept: Finding[] = [];
  readonly #byCode = new Map<FindingCode, number>();
  readonly #bySeverity = new Map<Severity, number>();
  #total = 0;
  readonly #recordings: Recording[] = [];
  readonly #budget: Budget;

  constructor(budget = new Budget(Infinity)) {
    this.#budget = budget;
  }

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  /** All that were counted. */
  get total(): number {
    return this.#total;
  }

  /** No more findings are kept. */
  get isFull(): boolean {
    return this.#kept.length >= FindingList.KEPT;
  }

  add(finding: RawFinding): void {
    this.#count(finding.code, finding.severity, 1);
    if (!this.isFull) this.#keep(madeFinding(finding));
  }

  /** Throws BudgetError. */
  #keep(finding: Finding): void {
    if (this.#kept.length === 0) this.#budget.expect(FindingList.KEPT * FINDING_BYTES);
    this.#budget.take(FINDING_BYTES);
    this.#kept.push(finding);
  }

  /** A corruption, found so many times, that is only put into words while there is room for it. */
  addCorruption(
    code: FindingCode,
    times: number,
    tell: () => Omit<RawFinding, 'severity' | 'code'>,
  ): void {
    this.countCorruption(code, times);
    if (this.isFull) return;
    const finding = madeFinding({ severity: 'corruption', code, ...tell() });
    for (let left = times; left > 0 && !this.isFull; left--) this.#keep(finding);
  }

  /** A corruption, found so many times, that is never put into words. */
  countCorruption(code: FindingCode, times: number): void {
    this.#count(code, 'corruption', times);
  }

  #count(code: FindingCode, severity: Severity, count: number): void {
    this.#total += count;
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + count);
    this.#bySeverity.set(severity, (this.#bySeverity.get(severity) ?? 0) + count);
    // That depends on all that was counted before, and would not be found again as often.
    if (code === 'refcount-overflow') return;
    for (const { counts } of this.#recordings) {
      const known = counts.get(code);
      if (known) known.count += count;
      else counts.set(code, { severity, count });
    }
  }

  /** Records what is found until `recorded`. Recordings may lie in one another. */
  record(): void {
    this.#recordings.push({ start: this.#kept.length, counts: new Map() });
  }

  recorded(): FindingRecord {
    const recording = this.#recordings.pop();
    if (!recording) throw new Error('nothing is being recorded');
    return {
      findings: this.#kept
        .slice(recording.start)
        .filter(({ code }) => code !== 'refcount-overflow'),
      counts: Array.from(recording.counts, ([code, counted]) => ({ code, ...counted })),
    };
  }

  /** Adds what was found before once more, each finding as `changed` makes it. */
  repeat({ findings, counts }: FindingRecord, changed: (finding: Finding) => Finding): void {
    for (const { code, severity, count } of counts) this.#count(code, severity, count);
    for (const finding of findings) {
      if (this.isFull) break;
      this.#keep(changed(finding));
    }
  }

  /** Findings that were counted but not kept. */
  get unlisted(): number {
    return this.#total - this.#kept.length;
  }

  count(severity: Severity): number {
    return this.#bySeverity.get(severity) ?? 0;
  }

  byCode(): ReadonlyMap<FindingCode, number> {
    return this.#byCode;
  }
}
