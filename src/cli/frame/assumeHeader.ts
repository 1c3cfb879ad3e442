import { finish } from '../../core/work.js';
import type { ByteSource } from '../../core/byteSource.js';
import { findTables } from '../../core/lost/findTables.js';
import { assumeHeader, parseAssumedHeader } from '../../core/qcow2/assumedHeader.js';
import { assumeL1 } from '../../core/qcow2/assumedL1.js';
import { ASSUME_L1_OPTION, assumedL1 } from './assumeL1.js';
import type { Arguments } from './options.js';
import { RefusalError, valid } from './refusal.js';

const NAME = 'assume-header';

/** What may be assumed of an image, whatever its header says. */
export const ASSUME_OPTIONS = {
  ...ASSUME_L1_OPTION,
  [NAME]: {
    value: 'KEY=VALUE,…|guess',
    help: 'as if the header said this; guess: what find-tables finds',
  },
} as const;

/** What is assumed of a file, to be applied once it is open; undefined for nothing. Throws RefusalError. */
export function assumptions(
  args: Arguments<string>,
): ((source: ByteSource) => ByteSource) | undefined {
  const l1 = assumedL1(args.get('assume-l1'));
  const text = args.get(NAME);
  const header =
    text === undefined || text === 'guess' ? undefined : valid(parseAssumedHeader(text, NAME));
  if (!l1 && text === undefined) return undefined;
  return (source) => {
    const assumed = text === 'guess' ? guessed(source) : header;
    const whole = assumed ? assumeHeader(source, assumed) : source;
    return l1 ? assumeL1(whole, l1) : whole;
  };
}

function guessed(source: ByteSource) {
  const { header, reasons } = finish(findTables(source));
  if (!header) throw new RefusalError(`no header can be guessed: ${reasons.join('; ')}`);
  return header;
}
