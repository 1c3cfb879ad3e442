import { formatText, type WorkloadReport } from '../../../src/core/workload/workloadReport.js';
import { clean } from '../../../src/core/text.js';
import type { CachesDocument } from '../../../src/protocol/caches.js';
import type { Workload } from '../../../src/protocol/questions.js';
import { count, plural, size } from '../../text/text.js';

/** What a workload is called. */
export function workloadName(workload: Workload): string {
  if (workload.kind === 'pattern') return workload.text.split(':', 1)[0];
  return clean(workload.file.split(/[\\/]/).at(-1) ?? workload.file);
}

/** `8 KiB blocks · 70 % reads · 100,000 requests` */
export function workloadFacts({ workload, requests }: CachesDocument): string {
  return [...reportFacts(workload), plural(requests, 'request')].join(' · ');
}

function reportFacts(report: WorkloadReport): readonly string[] {
  if (report.kind === 'file')
    return [`${report.isGuessed ? 'looks like' : 'read as'} ${clean(formatText(report.format))}`];
  const { block, reads, seed, size: range } = report.pattern;
  return [
    `${size(block)} blocks`,
    `${reads} % reads`,
    ...(range === undefined ? [] : [`on ${size(range)}`]),
    `seed ${seed}`,
  ];
}

/** `3 bad lines: 12, 40, 977` */
export function badLinesText(report: WorkloadReport): string | undefined {
  if (report.kind !== 'file' || report.badLines === 0) return undefined;
  const { badLines, firstBad } = report;
  const more = badLines > firstBad.length ? ', …' : '';
  return `${plural(badLines, 'bad line')}: ${badLines === 1 ? 'number' : 'numbers'} ${firstBad.map(count).join(', ')}${more}`;
}
