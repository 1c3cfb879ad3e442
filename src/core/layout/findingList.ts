import type { Finding, FindingCode, Severity } from './finding.js';

/**
 * Findings in the order in which QEMU comes upon them. A hostile image can have one for every
 * entry: all are counted, the first `KEPT` are kept.
 */
export class FindingList {
  static readonly KEPT = 100_000;
  readonly #kept: Finding[] = [];
  readonly #byCode = new Map<FindingCode, number>();
  readonly #bySeverity = new Map<Severity, number>();

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  add(finding: Finding): void {
    this.countOnly(finding.code, finding.severity, 1);
    if (this.#kept.length < FindingList.KEPT) this.#kept.push(finding);
  }

  /** Counts findings that are kept elsewhere. */
  countOnly(code: FindingCode, severity: Severity, count: number): void {
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + count);
    this.#bySeverity.set(severity, (this.#bySeverity.get(severity) ?? 0) + count);
  }

  count(severity: Severity): number {
    return this.#bySeverity.get(severity) ?? 0;
  }

  byCode(): ReadonlyMap<FindingCode, number> {
    return this.#byCode;
  }
}
