import { statSync } from 'node:fs';
import { BudgetError } from '../../core/map/budget.js';
import { BESIDE } from '../../core/check/mapNeed.js';
import { openImage } from '../../core/qcow2/image.js';
import { changedRuns } from '../../core/repair/changedRuns.js';
import { LINUX_FILE_SYSTEM } from '../../core/repair/repairState.js';
import { previewRepair, type RepairPreview } from '../../core/repair/cost/preview.js';
import { type Repair, repairLines } from '../../core/repair/repair.js';
import type { RepairMode } from '../../core/repair/mode.js';
import { Unpredictable } from '../../core/simulate/copy/failure.js';
import { finish } from '../../core/work.js';
import { BackingChain } from '../../node/chain/backingChain.js';
import { type CheckDocument, countsDocument } from './checkReport.js';
import { checkText } from './checkText.js';
import { command, type Context } from '../frame/command.js';
import { Arguments } from '../frame/options.js';
import { FileOutput } from '../frame/output.js';
import { printPieces } from '../frame/pieces.js';
import { linesOf, Printable, t } from '../frame/printable.js';
import { asOurs } from '../frame/qemuMessages.js';
import { RefusalError } from '../frame/refusal.js';
import { verdictJson, verdictText } from './repairVerdict.js';
import { MEMORY_OPTION, memoryOf } from '../frame/scanWithin.js';
import { type Subject, withImage } from '../frame/subject.js';

const MIB = 2 ** 20;
const DEFAULT_MEMORY = 256;

const OPTIONS = {
  json: { help: "as a JSON document, with the keys of 'qemu-img check -r'" },
  changes: {
    value: 'FILE',
    help: 'a JSON line for each run of bytes that would change, and one for the length; -: here',
  },
  'no-hole-punching': {
    help: 'as on a file system that does not take freed clusters back: their bytes stay',
  },
  ...MEMORY_OPTION,
} as const;

export const repair = command({
  name: 'repair',
  operands: 'IMAGE leaks|all',
  summary: "what 'qemu-img check -r' would do; the image is not written",
  details: [
    'Exit codes as those of qemu-img: 0 nothing is wrong (any more), 1 the check fails, 2 corruptions',
    'are left, 3 leaks are left, 63 not a qcow2 image.',
  ],
  options: OPTIONS,
  run(args, context) {
    const [filename, mode, ...rest] = args.operands;
    if (mode === undefined || rest.length > 0)
      throw new RefusalError(
        `repair takes an image and 'leaks' or 'all', found ${args.operands.length}`,
      );
    if (mode !== 'leaks' && mode !== 'all')
      throw new RefusalError(`repair takes 'leaks' or 'all', found '${mode}'`);
    const ofImage = new Arguments<string>([filename], new Map());
    return withImage('repair', ofImage, context, (subject) => run(subject, mode, args, context));
  },
});

type RepairArguments = Arguments<keyof typeof OPTIONS>;

function run(subject: Subject, mode: RepairMode, args: RepairArguments, context: Context): number {
  const { output } = context;
  const foreign = subject.foreign();
  if (foreign !== undefined) output.complain(t`qcow2-lens: ${foreign}\n`);
  const preview = simulated(subject, mode, args, context);
  const repaired = preview.repair;
  output.complain(linesOf(repairLines(repaired).map(asOurs)));
  if (repaired.messagesLeftOut > 0)
    output.complain(t`qcow2-lens: ${repaired.messagesLeftOut} more lines are not listed\n`);
  for (const doubt of repaired.doubts) output.complain(t`qcow2-lens: may differ: ${doubt}\n`);
  if (repaired.ending.state === 'aborted')
    throw new RefusalError(`QEMU itself would crash: ${repaired.ending.reason}`);
  if (repaired.ending.state === 'unpredictable')
    throw new RefusalError(`this cannot be foretold: ${repaired.ending.reason}`);
  const changes = args.get('changes');
  if (changes !== '-' && foreign === undefined)
    output.print(
      args.has('json') ? json(preview, subject) : t`${repairText(repaired)}${verdictText(preview)}`,
    );
  if (changes !== undefined) writeChanges(subject, repaired, changes, context);
  return repaired.ending.exitCode;
}

function simulated(
  subject: Subject,
  mode: RepairMode,
  args: RepairArguments,
  { open }: Context,
): RepairPreview {
  const { source, filename } = subject;
  const memory = memoryOf(args) ?? DEFAULT_MEMORY;
  const image = openImage(source);
  const isBacked = (image.backingFile ?? '') !== '';
  const chain = isBacked ? new BackingChain(source, filename, open) : undefined;
  try {
    const options = {
      mode,
      filename,
      memory: Math.max(0, memory - BESIDE) * MIB,
      fileSystem: { ...LINUX_FILE_SYSTEM, punchesHoles: !args.has('no-hole-punching') },
      backingRefusal: chain && backingRefusal(chain, filename),
    };
    return finish(previewRepair(image, options));
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    throw new RefusalError(`the repair of this image needs more than ${memory} MiB; --memory MIB`);
  } finally {
    chain?.close();
  }
}

/** Why what lies below the image cannot be opened, if that is what stops QEMU. */
function backingRefusal({ refusal }: BackingChain, filename: string): string | undefined {
  const inFront = `Could not open '${filename}': `;
  const reason = refusal?.startsWith(inFront) === true ? refusal.slice(inFront.length) : undefined;
  return reason?.startsWith('Could not open backing file: ') === true ? reason : undefined;
}

function json(preview: RepairPreview, subject: Subject): Printable {
  const document = {
    ...repairDocument(preview.repair, subject.filename),
    ...verdictJson(preview),
    ...subject.changedJson(),
  };
  return t`${Printable.json(document, 1)}\n`;
}

/** What qemu-img prints for people. */
export function repairText({ counts, fixed, passes }: Repair): Printable {
  const parts: Printable[] = [];
  if (passes === 2)
    parts.push(
      t`The following inconsistencies were found and repaired:\n\n`,
      t`    ${fixed.leaks} leaked clusters\n    ${fixed.corruptions} corruptions\n\n`,
      t`Double checking the fixed image now...\n`,
    );
  if (counts) parts.push(checkText(counts));
  return Printable.join(parts);
}

/** The document of `qemu-img check -r --output=json`; undefined when it prints none. */
export function repairDocument(
  { counts, isDead }: Repair,
  filename: string,
): CheckDocument | undefined {
  if (!counts) return undefined;
  return countsDocument(counts, filename, isDead ? '' : 'qcow2', {
    'corruptions-fixed': counts.corruptionsFixed,
    'leaks-fixed': counts.leaksFixed,
  });
}

function writeChanges(
  { source, filename }: Subject,
  { after }: Repair,
  target: string,
  { output }: Context,
): void {
  const file = target === '-' ? undefined : new FileOutput(notTheImage(target, filename));
  const lines = function* (): Generator<Printable, void, void> {
    for (const { offset, bytes } of changedRuns(source, after))
      yield t`${Printable.json({ offset, hex: Buffer.from(bytes).toString('hex') })}\n`;
    yield t`${Printable.json({ length: after.size })}\n`;
  };
  try {
    printPieces(file ?? output, lines());
  } catch (error) {
    if (error instanceof Unpredictable)
      throw new RefusalError(`what is written cannot be foretold: ${error.message}`);
    throw error;
  } finally {
    file?.close();
  }
}

/** A path that does not lead to the image, whatever it is called. Throws RefusalError. */
function notTheImage(path: string, image: string): string {
  const [own, other] = [statSync(image), statSync(path, { throwIfNoEntry: false })];
  if (other?.dev === own.dev && other.ino === own.ino)
    throw new RefusalError(`--changes is '${path}', which is the image itself`);
  return path;
}
