import { fileRuns } from '../core/inspect/fileRuns.js';
import { ASSUME_OPTIONS } from './frame/assumeHeader.js';
import { command } from './frame/command.js';
import { jsonArray, printPieces } from './frame/pieces.js';
import { t } from './frame/printable.js';
import { MEMORY_OPTION, memoryOf, scanWithin } from './frame/scanWithin.js';
import { withImage } from './frame/subject.js';

export const layout = command({
  name: 'layout',
  summary: 'what every host cluster holds, as runs',
  options: { json: { help: 'as a JSON array' }, ...ASSUME_OPTIONS, ...MEMORY_OPTION },
  run: (args, context) =>
    withImage('layout', args, context, (subject) => {
      const { output } = context;
      const runs = fileRuns(scanWithin(subject.mappable(), memoryOf(args)));
      if (args.has('json')) {
        printPieces(output, jsonArray(runs));
        output.print(t`\n`);
        return 0;
      }
      for (const { offset, clusters, types, refcount, references, unreadable } of runs) {
        const place = `0x${offset.toString(16).padStart(12, '0')} ${String(clusters).padStart(10)}`;
        const counts = `refcount ${refcount ?? 'unreadable'}, references ${references}`;
        const why = (unreadable ?? []).map((text) => `; ${text}`).join('');
        output.print(t`${place}  ${types.join(' + ').padEnd(28)} ${counts}${why}\n`);
      }
      return 0;
    }),
});
