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
    const { code, severity } = finding;
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
    this.#bySeverity.set(severity, (this.#bySeverity.get(severity) ?? 0) + 1);
    if (this.#kept.length < FindingList.KEPT) this.#kept.push(finding);
  }

  /** Findings that were counted but not kept. */
  get unlisted(): number {
    let all = 0;
    for (const count of this.#byCode.values()) all += count;
    return all - this.#kept.length;
  }

  count(severity: Severity): number {
    return this.#bySeverity.get(severity) ?? 0;
  }

  byCode(): ReadonlyMap<FindingCode, number> {
    return this.#byCode;
  }
}
