import type { ByteSource } from '../../core/byteSource.js';
import type { Finding } from '../../core/check/finding.js';
import { type CheckCounts, Inspection } from '../../core/inspect/inspection.js';
import type { Owner } from '../../core/map/owner.js';
import { ownersOfAll } from '../../core/inspect/findOwners.js';
import type { Scan } from '../../core/check/scan.js';
import { kindsOf } from '../../core/map/cell.js';
import { isMappable, openImage } from '../../core/qcow2/image.js';
import { scanWithin } from '../frame/scanWithin.js';
import type { HostCluster } from '../../core/units.js';

export interface CheckReport {
  /** As `qemu-img check`: 0 clean, 1 failed, 2 corruptions, 3 leaks only, 63 no qcow2 image. */
  readonly exitCode: 0 | 1 | 2 | 3 | 63;
  /** The document of `qemu-img check --output=json`; undefined when it prints none. */
  readonly json: Readonly<Record<string, string | number>> | undefined;
  readonly counts: CheckCounts | undefined;
  /** The lines that `qemu-img check` prints on stderr, in its order, each made when it is asked for. */
  readonly messages: Iterable<string>;
  /** Findings that were counted, but of which no message was kept. */
  readonly unlisted: number;
  /** The finished scan; undefined when there was nothing to scan. */
  readonly scan: Scan | undefined;
}

/** Checks an image as `qemu-img check` does. Throws on I/O errors. */
export function checkImage(source: ByteSource, filename: string, memory?: number): CheckReport {
  const image = openImage(source);
  const failed = (exitCode: 1 | 63, messages: Iterable<string>, scanned?: Scan): CheckReport => ({
    exitCode,
    json: undefined,
    counts: undefined,
    messages,
    unlisted: scanned ? unlistedIn(scanned) : 0,
    scan: scanned,
  });
  if (image.foreign) return failed(63, ['qemu-img: This image format does not support checks']);
  if (image.refusal.check !== undefined || !isMappable(image)) {
    const reason = image.refusal.check ?? 'The file has too many clusters';
    const refused = `qemu-img: Could not open '${filename}': ${reason}`;
    return failed(1, [...image.warnings, refused]);
  }
  const scanned = scanWithin(image, memory);
  const messages = (...last: readonly string[]) =>
    again(function* () {
      yield* image.warnings;
      yield* messagesOf(scanned);
      yield* last;
    });
  if (scanned.failure)
    return failed(1, messages(`qemu-img: Check failed: ${scanned.failure.errno}`), scanned);
  const counts = new Inspection(scanned).counts();
  if (!counts) return failed(1, messages(), scanned);
  const json = checkJson(counts, filename);
  const exitCode =
    counts.checkErrors > 0 ? 1 : counts.corruptions > 0 ? 2 : counts.leaks > 0 ? 3 : 0;
  return {
    exitCode,
    json,
    counts,
    messages: messages(...(exitCode === 1 ? ['qemu-img: Check failed'] : [])),
    unlisted: unlistedIn(scanned),
    scan: scanned,
  };
}

const unlistedIn = (scanned: Scan): number =>
  scanned.findings.unlisted + scanned.copiedFindings.unlisted;

/** What a generator yields, from the start whenever it is asked for. */
const again = <T>(generate: () => Iterator<T>): Iterable<T> => ({ [Symbol.iterator]: generate });

/** Every message in QEMU's order, with the one it prints only once where it prints it. */
function* messagesOf(scanned: Scan): Generator<string> {
  const { stored, failure, findings } = scanned;
  const lines = (finding: Finding) => (finding.message === '' ? [] : finding.message.split('\n'));
  if (failure) {
    for (const finding of findings.kept.slice(0, failure.after)) yield* lines(finding);
    yield* failure.messages;
    return;
  }
  let signal = stored.signal;
  for (const finding of new Inspection(scanned).qemuFindings()) {
    if (finding.code === 'refcount-unreadable' && signal !== undefined) {
      yield signal;
      signal = undefined;
    }
    yield* lines(finding);
  }
  if (signal !== undefined) yield signal;
}

/** The document of `qemu-img check --output=json`: it leaves out what is 0. */
function checkJson(counts: CheckCounts, filename: string): CheckDocument {
  return countsDocument(counts, filename, 'qcow2', {});
}

export type CheckDocument = Readonly<Record<string, string | number>>;

/** The same of any check; `more`: further counts. */
export function countsDocument(
  counts: CheckCounts,
  filename: string,
  format: string,
  more: Readonly<Record<string, number>>,
): CheckDocument {
  const optional: Readonly<Record<string, number>> = {
    'image-end-offset': counts.imageEndOffset,
    'total-clusters': counts.totalClusters,
    'allocated-clusters': counts.allocatedClusters,
    'fragmented-clusters': counts.fragmentedClusters,
    'compressed-clusters': counts.compressedClusters,
    corruptions: counts.corruptions,
    leaks: counts.leaks,
    ...more,
  };
  return {
    filename,
    format,
    'check-errors': counts.checkErrors,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== 0)),
  };
}

/** A finding with those who refer to the cluster concerned. */
export interface OwnedFinding extends Omit<Finding, 'owner'> {
  /** The first ones, told with the first finding about a cluster; else who is at fault. */
  readonly owners: readonly Owner[];
  /** How many there are. */
  readonly ownersTotal: number;
}

/** Findings whose owners are looked for together, in one pass over the L2 tables. */
const AT_ONCE = 2 ** 14;

/** All findings with their owners, part by part, so that there may be any number of them. */
export function* ownedFindings(scanned: Scan): Generator<OwnedFinding> {
  const told = new Set<HostCluster>();
  let part: Finding[] = [];
  /** Clusters of the part that hold something, the others have no owners. */
  let clusters = new Set<HostCluster>();
  for (const finding of new Inspection(scanned).allFindings()) {
    part.push(finding);
    if (isClaimed(scanned, finding.cluster)) clusters.add(finding.cluster);
    if (clusters.size < AT_ONCE && part.length < AT_ONCE * 4) continue;
    yield* withOwners(scanned, part, clusters, told);
    part = [];
    clusters = new Set();
  }
  yield* withOwners(scanned, part, clusters, told);
}

const isClaimed = ({ map }: Scan, cluster: HostCluster): boolean =>
  cluster <= map.clusters && kindsOf(map.cell(cluster)) !== 0;

function* withOwners(
  scanned: Scan,
  findings: readonly Finding[],
  clusters: ReadonlySet<HostCluster>,
  told: Set<HostCluster>,
): Generator<OwnedFinding> {
  if (clusters.size === 0 && findings.length === 0) return;
  const found = ownersOfAll(scanned, clusters);
  for (const { owner, ...finding } of findings) {
    const own = owner ? [owner] : [];
    const all = found.get(finding.cluster) ?? { owners: own, total: own.length };
    const owners = told.has(finding.cluster) && owner ? own : all.owners;
    if (all.total > 1) told.add(finding.cluster);
    yield { ...finding, owners, ownersTotal: all.total };
  }
}
