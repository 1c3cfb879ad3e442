import type { Finding, FindingCode } from '../finding.js';
import type { Scan } from '../scan.js';
import type { HostRange } from './cause.js';
import { type Evidence, faultOf, isInGarbage } from './evidence.js';
import { otherSuspect } from './other.js';
import type { Suspect } from './rule.js';

const MAX_LINES = 20;
const MAX_HOST_RANGES = 1000;
const MAX_EXAMPLES = 8;

/** The findings of one suspect. */
export class Tally {
  findings = 0;
  lineCount = 0;
  readonly lines: string[] = [];
  readonly host: HostRange[] = [];
  readonly examples: Finding[] = [];
  readonly byCode = new Map<FindingCode, number>();

  add(finding: Finding, clusterSize: number): void {
    this.findings++;
    this.byCode.set(finding.code, (this.byCode.get(finding.code) ?? 0) + 1);
    if (this.examples.length < MAX_EXAMPLES) this.examples.push(finding);
    if (finding.severity !== 'notice') this.addMessage(finding.message);
    this.addHost(finding.cluster, finding.cluster + 1, clusterSize);
  }

  addMessage(message: string): void {
    if (message === '') return;
    if (this.lines.length >= MAX_LINES && !message.includes('\n')) {
      this.lineCount++;
      return;
    }
    for (const line of message.split('\n')) {
      this.lineCount++;
      if (this.lines.length < MAX_LINES) this.lines.push(line);
    }
  }

  addHost(from: number, to: number, clusterSize: number): void {
    const offset = from * clusterSize;
    const length = (to - from) * clusterSize;
    const last = this.host.at(-1);
    if (last && last.offset <= offset && offset + length <= last.offset + last.length) return;
    if (last && last.offset + last.length === offset)
      this.host[this.host.length - 1] = { ...last, length: last.length + length };
    else if (this.host.length < MAX_HOST_RANGES) this.host.push({ offset, length });
  }
}

/**
 * Puts every finding down to one suspect; those that nobody claims become suspects of their own,
 * which are added to the list. Yields after a while of work.
 */
export function* tallyFindings(
  evidence: Evidence,
  suspects: Suspect[],
): Generator<undefined, Map<Suspect, Tally>> {
  const { scan } = evidence;
  const { clusterSize } = scan.image.geometry;
  const tallies = new Map<Suspect, Tally>();
  const tallyOf = (suspect: Suspect): Tally => {
    const known = tallies.get(suspect);
    if (known) return known;
    const made = new Tally();
    tallies.set(suspect, made);
    return made;
  };
  let count = 0;
  for (const finding of keptFindings(scan)) {
    tallyOf(whoseIs(evidence, suspects, finding)).add(finding, clusterSize);
    if ((++count & 0xfff) === 0) yield;
  }
  addUnlisted(scan, suspects, tallyOf);
  for (const suspect of suspects) {
    for (const group of suspect.groups ?? []) {
      const tally = tallyOf(suspect);
      tally.findings += group.findings;
      let told = 0;
      for (const cluster of group.clusters.each()) {
        if (tally.lines.length >= MAX_LINES || told > MAX_LINES) break;
        const message = scan.comparison.finding(cluster)?.message ?? '';
        if (message !== '') told++;
        tally.addMessage(message);
      }
      tally.lineCount += group.findings - told;
      let ranges = 0;
      for (const { from, to } of group.clusters.runs()) {
        if (ranges++ > MAX_HOST_RANGES) break;
        tally.addHost(from, to, clusterSize);
      }
    }
    yield;
  }
  return tallies;
}

function* keptFindings(scan: Scan): Generator<Finding> {
  yield* scan.findings.kept;
  yield* scan.copiedFindings.kept;
  yield* scan.notices.kept;
}

function whoseIs(evidence: Evidence, suspects: Suspect[], finding: Finding): Suspect {
  const { scan, judge, image, garbage } = evidence;
  const fault = isInGarbage(image, garbage, finding) ? undefined : faultOf(scan, judge, finding);
  const isFlag = finding.code === 'copied-data' || finding.code === 'copied-l2-table';
  const found = suspects.find(
    ({ faults = [], takes = () => false, groups = [] }) =>
      (fault !== undefined && faults.includes(fault)) ||
      takes(finding) ||
      // A flag that contradicts a refcount which is wrong itself is right.
      (isFlag && groups.some(({ clusters }) => clusters.has(finding.cluster))),
  );
  if (found) return found;
  const made = otherSuspect(finding.code, finding.severity === 'notice');
  suspects.push(made);
  return made;
}

/** Findings that were counted, but not kept: they are most likely of those who have most of that kind. */
function addUnlisted(
  scan: Scan,
  suspects: readonly Suspect[],
  tallyOf: (suspect: Suspect) => Tally,
): void {
  for (const list of [scan.findings, scan.copiedFindings, scan.notices]) {
    if (list.unlisted === 0) continue;
    const kept = new Map<FindingCode, number>();
    for (const { code } of list.kept) kept.set(code, (kept.get(code) ?? 0) + 1);
    for (const [code, all] of list.byCode()) {
      const missing = all - (kept.get(code) ?? 0);
      if (missing === 0) continue;
      let most: Tally | undefined;
      for (const suspect of suspects) {
        const tally = tallyOf(suspect);
        if ((tally.byCode.get(code) ?? 0) > (most?.byCode.get(code) ?? 0)) most = tally;
      }
      if (!most) continue;
      most.findings += missing;
      most.lineCount += missing;
    }
  }
}
