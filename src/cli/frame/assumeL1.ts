import { type AssumedL1 } from '../../core/qcow2/assumedL1.js';
import { parseSize } from '../../core/size.js';
import { RefusalError } from './refusal.js';

const NAME = 'assume-l1';

export const ASSUME_L1_OPTION = {
  [NAME]: {
    value: 'OFFSET[,SIZE]',
    help: 'as if the header named the L1 table at this offset of the file, of so many bytes',
  },
} as const;

/** The value of `--assume-l1`; throws RefusalError. */
export function assumedL1(text: string | undefined): AssumedL1 | undefined {
  if (text === undefined) return undefined;
  const [offset, size, ...rest] = text.split(',');
  if (rest.length > 0) throw new RefusalError(`--${NAME} is OFFSET[,SIZE], found '${text}'`);
  return {
    offset: numberOf(offset),
    length: size === undefined ? undefined : numberOf(size),
  };
}

function numberOf(text: string): number {
  const number = /^0x[0-9a-f]+$/i.test(text) ? Number(text) : undefined;
  if (number !== undefined && Number.isSafeInteger(number)) return number;
  const size = parseSize(text, `--${NAME}`);
  if (size.ok) return size.value;
  throw new RefusalError(size.message);
}
