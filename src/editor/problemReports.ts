import { explain } from '../core/check/explanations.js';
import { type Finding, placeToShow, type Severity } from '../core/check/finding.js';
import type { FindingsPage, FindingsQuery } from '../core/inspect/inspection.js';
import { describeOwner } from '../core/map/owner.js';
import type { GeometryFacts, ImageFacts } from '../core/qcow2/facts.js';
import { clean } from '../core/text.js';
import { hex } from '../core/bytes.js';
import { clusterOf, type HostCluster } from '../core/units.js';
import { countText } from '../core/numbers.js';

/** Where the link of a report leads: a cluster of the file, the list of all findings, or the image. */
export type PlaceOfReport = HostCluster | 'findings' | 'image';

/** A line of the Problems panel. Its text carries the place: VS Code delivers none to a binary. */
export interface ProblemReport {
  readonly level: 'error' | 'warning' | 'information';
  readonly code: string;
  readonly message: string;
  readonly to: PlaceOfReport;
}

/** Findings listed for an image; the Findings list has the rest. */
export const MAX_FINDINGS = 200;

const LEVELS = {
  error: 'error',
  corruption: 'error',
  leak: 'warning',
  notice: 'information',
} as const satisfies Record<Severity, ProblemReport['level']>;

/** The worst first: they must not be crowded out by leaks. */
const BY_WEIGHT: readonly Severity[] = ['error', 'corruption', 'leak', 'notice'];

/** What is wrong with the header and the tables that it names. */
export function headerReports({ problems, geometry }: ImageFacts): ProblemReport[] {
  return problems.map(({ message, field, offset, refusal }) => ({
    level: refusal === undefined ? 'warning' : 'error',
    code: field,
    message: clean(`${message} (host offset ${hex(offset)})`),
    to: geometry ? clusterOf(offset, { clusterSize: 2 ** geometry.clusterBits }) : 'image',
  }));
}

/**
 * The findings of a finished scan, the worst first, and a last line for those left out.
 *
 * @param geometry of the image
 * @param total findings that the scan has counted, listed or not
 * @param ask for a page; undefined when there is no answer any more
 */
export async function findingReports(
  geometry: GeometryFacts,
  total: number,
  ask: (query: FindingsQuery) => Promise<FindingsPage | undefined>,
): Promise<ProblemReport[]> {
  const reports: ProblemReport[] = [];
  for (const severity of BY_WEIGHT) {
    const count = MAX_FINDINGS - reports.length;
    if (count === 0 || reports.length >= total) break;
    const page = await ask({ from: 0, count, severity });
    if (!page) return [];
    reports.push(...page.findings.map((finding) => findingReport(finding, geometry)));
  }
  const more = total - reports.length;
  if (more > 0)
    reports.push({
      level: 'information',
      code: 'more-findings',
      message: `… and ${countText(more)} more findings; open the Findings list`,
      to: 'findings',
    });
  return reports;
}

function findingReport(finding: Finding, geometry: GeometryFacts): ProblemReport {
  const { severity, code, message, cluster, offset, owner } = finding;
  const text = (message === '' ? explain(code).title : message).replace(/\.$/, '');
  // Whose it is tells apart what QEMU says in the same words of the disk and of its snapshots.
  const whose = owner ? `: ${describeOwner(owner)}` : '';
  // The number of a cluster that the file does not have says nothing.
  const at = cluster < geometry.hostClusters ? `cluster ${countText(cluster)}, ` : '';
  const place = `${at}host offset ${hex(offset)}`;
  return {
    // Outside QEMU's counts, yet what comes of it cannot be undone.
    level: code === 'repair-deletes-snapshots' ? 'warning' : LEVELS[severity],
    code,
    message: clean(`${text}${whose} (${place})`),
    to: placeToShow(finding, geometry),
  };
}
