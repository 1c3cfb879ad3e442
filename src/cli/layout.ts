import { layoutRuns } from '../core/layout/layoutRuns.js';
import { scan } from '../core/layout/scan.js';
import { command } from './command.js';
import { drive } from './drive.js';
import { Printable, t } from './printable.js';
import { withImage } from './subject.js';

export const layout = command({
  name: 'layout',
  summary: 'what every host cluster holds, as runs',
  options: { json: { help: 'as a JSON array' } },
  run: (args, context) =>
    withImage('layout', args, context, (subject) => {
      const { output } = context;
      const runs = layoutRuns(drive(scan(subject.laidOut())));
      if (!args.has('json')) {
        for (const { offset, clusters, types, refcount, references } of runs) {
          const place = `0x${offset.toString(16).padStart(12, '0')} ${String(clusters).padStart(10)}`;
          const counts = `refcount ${refcount ?? 'unreadable'}, references ${references}`;
          output.print(t`${place}  ${types.join(' + ').padEnd(28)} ${counts}\n`);
        }
        return 0;
      }
      let isFirst = true;
      for (const run of runs) {
        const line = Printable.json(run);
        output.print(isFirst ? t`[\n ${line}` : t`,\n ${line}`);
        isFirst = false;
      }
      output.print(isFirst ? t`[]\n` : t`\n]\n`);
      return 0;
    }),
});
