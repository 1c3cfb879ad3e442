import { explain, type Explanation, isFindingCode } from '../check/explanations.js';
import { claimedTwice, kindsOf } from '../map/cell.js';
import type { Finding, FindingCode, Severity } from '../check/finding.js';
import { type KindName, kindNames } from '../map/kinds.js';
import type { Owner } from '../map/owner.js';
import { ownersOf } from './findOwners.js';
import { type ClustersByKind, tallyKinds } from './kindTotals.js';
import { dangerText, repairDanger } from '../check/repairDanger.js';
import type { Scan } from '../check/scan.js';
import { type HostCluster, hostOffset, type HostOffset, offsetOf } from '../units.js';

/** Everything known about one host cluster. */
export interface ClusterDetail {
  readonly cluster: HostCluster;
  readonly offset: HostOffset;
  readonly kinds: readonly KindName[];
  /** The refcount stored in the image, in decimal (it may have 64 bits); undefined if its block is unreadable. */
  readonly stored: string | undefined;
  /** References counted by the scan. */
  readonly references: number;
  readonly claimedTwice: boolean;
  readonly owners: readonly Owner[];
  /** There are more owners than listed. */
  readonly more: boolean;
  readonly findings: readonly Finding[];
}

export interface FindingsQuery {
  readonly from: number;
  readonly count: number;
  /** Only these; undefined for all. */
  readonly severity?: Severity | undefined;
  /** Only those of this kind. */
  readonly code?: FindingCode | undefined;
}

export interface FindingsPage {
  /** How many can be listed under the query's filter. */
  readonly total: number;
  readonly findings: readonly Finding[];
}

/** QEMU's counts (`qemu-img check --output=json`). */
export interface CheckCounts {
  readonly checkErrors: number;
  readonly corruptions: number;
  readonly leaks: number;
  readonly imageEndOffset: HostOffset;
  readonly totalClusters: number;
  readonly allocatedClusters: number;
  readonly fragmentedClusters: number;
  readonly compressedClusters: number;
}

/** What the finished scan knows. */
export interface ScanSummary {
  readonly clusters: ClustersByKind;
  readonly claimedTwice: number;
  /** Undefined when QEMU would refuse to open the image, or its check would stop: then it has no counts. */
  readonly counts: CheckCounts | undefined;
  readonly findingsByCode: Readonly<Partial<Record<FindingCode, number>>>;
  /** What each kind of finding that there is means. */
  readonly explanations: Readonly<Partial<Record<FindingCode, Explanation>>>;
  /** Why the image must not be repaired as it is, and what to do first; undefined when it may be. */
  readonly repairDanger: string | undefined;
  readonly milliseconds: number;
}

const OWNERS_LISTED = 200;

/** Questions that a finished scan answers. */
export class Inspection {
  readonly #scan: Scan;

  constructor(scan: Scan) {
    this.#scan = scan;
  }

  /** QEMU's counts, undefined when it would have none. */
  counts(): CheckCounts | undefined {
    const { image, comparison, findings, copiedFindings, statistics, failure } = this.#scan;
    if (image.refusal.check !== undefined || failure) return undefined;
    const { clusterSize, virtualSize } = image.geometry;
    return {
      checkErrors: findings.count('error') + comparison.errors,
      corruptions:
        findings.count('corruption') + comparison.corruptions + copiedFindings.count('corruption'),
      leaks: comparison.leaks,
      imageEndOffset: hostOffset((comparison.highest + 1) * clusterSize),
      totalClusters: Number((virtualSize + BigInt(clusterSize - 1)) / BigInt(clusterSize)),
      allocatedClusters: statistics.allocated,
      fragmentedClusters: statistics.fragmented,
      compressedClusters: statistics.compressed,
    };
  }

  summary(milliseconds: number): ScanSummary {
    const { findings, copiedFindings, comparison, notices } = this.#scan;
    const { clusters, claimedTwice } = tallyKinds(this.#scan.map);
    const findingsByCode: Partial<Record<FindingCode, number>> = {
      ...Object.fromEntries(findings.byCode()),
      ...Object.fromEntries(copiedFindings.byCode()),
      ...Object.fromEntries(notices.byCode()),
    };
    if (comparison.errors > 0) findingsByCode['refcount-unreadable'] = comparison.errors;
    if (comparison.corruptions > 0) findingsByCode['refcount-too-low'] = comparison.corruptions;
    if (comparison.leaks > 0) findingsByCode.leak = comparison.leaks;
    const explanations: Partial<Record<FindingCode, Explanation>> = {};
    for (const code of Object.keys(findingsByCode))
      if (isFindingCode(code)) explanations[code] = explain(code);
    const danger = repairDanger(this.#scan.image);
    return {
      clusters,
      claimedTwice,
      counts: this.counts(),
      findingsByCode,
      explanations,
      repairDanger: danger && dangerText(danger),
      milliseconds,
    };
  }

  /** Everything about one cluster of the file. */
  cluster(cluster: HostCluster): ClusterDetail {
    const { image, map, stored, references, comparison, findings, copiedFindings, notices } =
      this.#scan;
    const cell = map.cell(cluster);
    const owners: Owner[] = [];
    let more = false;
    for (const owner of ownersOf(this.#scan, cluster)) {
      more = owners.length === OWNERS_LISTED;
      if (more) break;
      owners.push(owner);
    }
    const compared = comparison.finding(cluster);
    const here = (finding: Finding) => finding.cluster === cluster;
    return {
      cluster,
      offset: offsetOf(cluster, image.geometry),
      kinds: kindNames(kindsOf(cell)),
      stored: stored.exact(cluster)?.toString(),
      references: references.exact(cluster),
      claimedTwice: claimedTwice(cell),
      owners,
      more,
      findings: [
        ...findings.kept.filter(here),
        ...(compared ? [compared] : []),
        ...copiedFindings.kept.filter(here),
        ...notices.kept.filter(here),
      ],
    };
  }

  /** What QEMU's check would say, in its order. */
  *qemuFindings(): Generator<Finding> {
    yield* this.#scan.findings.kept;
    yield* this.#scan.comparison.findings();
    yield* this.#scan.copiedFindings.kept;
  }

  /** All findings: QEMU's, then the notices. */
  *allFindings(): Generator<Finding> {
    yield* this.qemuFindings();
    yield* this.#scan.notices.kept;
  }

  findings({ from, count, severity, code }: FindingsQuery): FindingsPage {
    const { findings, copiedFindings, notices } = this.#scan;
    const wanted: Wanted = (finding) =>
      (severity === undefined || finding.severity === severity) &&
      (code === undefined || finding.code === code);
    const parts = [
      listPart(findings.kept, wanted),
      this.#comparedPart(wanted),
      listPart(copiedFindings.kept, wanted),
      listPart(notices.kept, wanted),
    ];
    const page: Finding[] = [];
    let before = 0;
    for (const part of parts) {
      const start = Math.max(0, from - before);
      const end = page.length + Math.min(count - page.length, part.length - start);
      if (page.length < end)
        for (const finding of part.from(start)) {
          page.push(finding);
          if (page.length === end) break;
        }
      before += part.length;
    }
    return { total: before, findings: page };
  }

  /** Findings of the comparison; there may be millions, and their numbers are known beforehand. */
  #comparedPart(wanted: Wanted): Part {
    const { comparison } = this.#scan;
    let length = 0;
    if (wanted({ severity: 'leak', code: 'leak' })) length += comparison.leaks;
    if (wanted({ severity: 'corruption', code: 'refcount-too-low' }))
      length += comparison.corruptions;
    if (wanted({ severity: 'error', code: 'refcount-unreadable' })) length += comparison.errors;
    return {
      length,
      from: (start) =>
        length === comparison.total
          ? comparison.findings(start)
          : skipped(comparison.findings(), wanted, start),
    };
  }
}

type Wanted = (finding: Pick<Finding, 'severity' | 'code'>) => boolean;

/** A part of all findings that can be told from any place on. */
interface Part {
  readonly length: number;
  from(start: number): Iterable<Finding>;
}

function listPart(list: readonly Finding[], wanted: Wanted): Part {
  const part = list.filter(wanted);
  return { length: part.length, from: (start) => part.slice(start) };
}

/** The wanted ones but for the first few. */
function* skipped(findings: Iterable<Finding>, wanted: Wanted, few: number): Generator<Finding> {
  let left = few;
  for (const finding of findings) {
    if (!wanted(finding)) continue;
    if (left > 0) left--;
    else yield finding;
  }
}
