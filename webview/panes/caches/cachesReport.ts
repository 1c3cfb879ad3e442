import { optionTexts } from '../../../src/core/caches/optionText.js';
import { jsonText } from '../../../src/core/jsonText.js';
import { clean } from '../../../src/core/text.js';
import type { CachesDocument } from '../../../src/protocol/caches.js';
import { plural, size } from '../../text/text.js';
import { CACHE_NAMES, CACHES } from './cacheNames.js';
import { COUNT_ROWS } from './countsTable.js';
import { LAYOUT_COLUMNS, LAYOUTS_NOTE, layoutName, widthsText } from './layoutsTable.js';
import { badLinesText, workloadFacts } from './workloadWords.js';

/** What stands in a cell of a table of Markdown. */
const cell = (text: string): string => clean(text).replace(/([\\|`*_<>[\]])/g, '\\$1');

const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${head.map(() => ' --- ').join('|')}|`, ...rows.map(row)].join('\n');

/** What a workload is, for a report. */
function nameOf(document: CachesDocument): string {
  const { workload } = document;
  const name = workload.kind === 'pattern' ? `pattern ${workload.pattern.name}` : workload.file;
  return [name, workloadFacts(document), badLinesText(workload)].filter(Boolean).join(' · ');
}

/** The pane for people, in Markdown. `second`: what it was compared with. */
export function cachesReport(
  image: string,
  document: CachesDocument,
  second: CachesDocument | undefined,
): string {
  const { advice, rulesOfThumb, usualEntries, l2, layouts } = document;
  const options = optionTexts(advice, (bytes) => usualEntries[bytes < l2.marks.full ? 0 : 1]);
  return `${[
    `## Caches: ${cell(image)}`,
    `Workload: ${cell(nameOf(document))}`,
    ...(second ? [`Beside it: ${cell(nameOf(second))}`] : []),
    ...(document.stopped === undefined ? [] : [`It stopped: ${cell(document.stopped)}`]),
    table(
      ['', 'first', ...(second ? ['second'] : [])],
      CACHE_NAMES.flatMap((name) =>
        COUNT_ROWS.filter(({ cache }) => cache === name).map(({ what, value }) => [
          `${CACHES[name].title}: ${what}`,
          value(document),
          ...(second ? [value(second)] : []),
        ]),
      ),
    ),
    '### Advice',
    table(
      ['option', 'now', 'advised', 'for', 'why'],
      advice.map(({ option, now, bytes, purpose, reason }) => [
        option,
        now === undefined ? 'no limit' : size(now),
        size(bytes),
        purpose,
        reason,
      ]),
    ),
    ['```', options.blockdev, options.drive, options.libvirt, '```'].join('\n'),
    ...(layouts
      ? [
          '### Another layout of the disk',
          LAYOUTS_NOTE,
          table(
            ['clusters', ...LAYOUT_COLUMNS.map(({ title }) => title)],
            layouts.layouts.map((need) => [
              layoutName(need),
              ...LAYOUT_COLUMNS.map(({ value }) => value(need)),
            ]),
          ),
          `All refcounts by their width: ${widthsText(layouts)}.`,
        ]
      : []),
    '### QEMU’s rules of thumb',
    rulesOfThumb.map(({ option, bytes, rule }) => `- ${option} ${size(bytes)}: ${rule}`).join('\n'),
    `Of ${plural(document.requests, 'request')}, counted by Qcow2 Lens as QEMU’s own caches would.`,
  ].join('\n\n')}\n`;
}

/** All figures. */
export const cachesJson = (
  image: string,
  document: CachesDocument,
  second: CachesDocument | undefined,
): string => `${jsonText({ image, ...document, comparedWith: second }, 2)}\n`;
