import type { GuardOptions } from '../../overlap/types.js';
import { hex } from '../../bytes.js';
import { formatSize } from '../../size.js';
import { CACHE_OPTION_NAMES, CACHE_OPTIONS, type CacheOptions } from '../copy/cacheOptions.js';
import { type Shell, shellWord } from '../../shell.js';
import { operationText, type SimulatedOperation } from '../copy/operation.js';
import type { SimulationSettings } from '../driver/settings.js';

/** How the image is opened, in the user's words. */
export interface ScriptOptions {
  readonly guard: GuardOptions;
  readonly caches: CacheOptions;
  readonly cache: SimulationSettings['cache'];
  readonly discardNoUnref: boolean;
  readonly shell: Shell;
}

/**
 * Shell commands that do the same with QEMU's own tools, to a copy of the image. What QEMU has no
 * command for is a comment. Names are quoted, whatever they are.
 *
 * @param fileName of the image; the commands run beside it
 */
export function qemuScript(
  operations: readonly SimulatedOperation[],
  fileName: string,
  options: ScriptOptions,
): string {
  const copy = `simulated-${fileName}`;
  const { shell } = options;
  const quoted = (text: string): string => shellWord(text, shell);
  const mode = options.cache === 'writeback' ? '-t writeback ' : '';
  const open = `qemu-io ${mode}--image-opts ${quoted(imageOptions(copy, options))}`;
  const [from, to] = [quoted(`./${fileName}`), quoted(`./${copy}`)];
  const lines = [
    shell === 'bash'
      ? `cp --sparse=always -- ${from} ${to}`
      : `Copy-Item -LiteralPath ${from} -Destination ${to}`,
  ];
  const goesOn = shell === 'bash' ? ' \\\n  ' : ' `\n  ';
  let session: string[] = [];
  const end = (): void => {
    if (session.length > 0) lines.push([open, ...session].join(goesOn));
    session = [];
  };
  for (const operation of operations) {
    const command = ioCommand(operation);
    if (command !== undefined) {
      session.push(`-c ${quoted(command)}`);
      if (operation.type === 'abort') end();
      continue;
    }
    end();
    lines.push(otherCommand(operation, quoted, copy));
  }
  end();
  return lines.filter((line) => line !== '').join('\n');
}

/** `driver=qcow2,…` as --image-opts takes it. */
function imageOptions(copy: string, { guard, caches, discardNoUnref }: ScriptOptions): string {
  const options = ['driver=qcow2', `file.filename=./${copy}`, 'discard=unmap'];
  const template = guard.mode ?? guard.template;
  if (template !== undefined) options.push(`overlap-check.template=${template}`);
  for (const [type, guarded] of Object.entries(guard.types ?? {}))
    options.push(`overlap-check.${type}=${guarded ? 'on' : 'off'}`);
  for (const key of CACHE_OPTIONS)
    if (caches[key] !== '') options.push(`${CACHE_OPTION_NAMES[key]}=${caches[key]}`);
  // Older versions than 8.1 do not know it, not even as off.
  if (discardNoUnref) options.push('discard-no-unref=on');
  return options.map((option) => option.replaceAll(',', ',,')).join(',');
}

/** A command of qemu-io; undefined where it has none. */
function ioCommand(operation: SimulatedOperation): string | undefined {
  switch (operation.type) {
    case 'write':
      return `write ${rangeText(operation)}`;
    case 'write-zeroes':
      return `write -z ${operation.unmap ? '-u ' : ''}${rangeText(operation)}`;
    case 'write-compressed':
      return `write -c ${rangeText(operation)}`;
    case 'discard':
      return `discard ${rangeText(operation)}`;
    case 'flush':
    case 'abort':
      return operation.type;
    case 'close':
    case 'snapshot-create':
    case 'snapshot-delete':
    case 'host-write':
      return undefined;
  }
}

function otherCommand(
  operation: SimulatedOperation,
  quoted: (text: string) => string,
  copy: string,
): string {
  switch (operation.type) {
    case 'snapshot-create':
    case 'snapshot-delete': {
      const flag = operation.type === 'snapshot-create' ? '-c' : '-d';
      return (
        '# the simulation stays open here; qemu-img opens and closes the image by itself\n' +
        `qemu-img snapshot ${flag} ${quoted(operation.name)} ${quoted(`./${copy}`)}`
      );
    }
    case 'host-write':
      return `# no command of QEMU's: ${operationText(operation)}`;
    default:
      return '';
  }
}

const rangeText = ({ offset, length }: { offset: number; length: number }): string =>
  `${hex(offset)} ${formatSize(length)}`;
