import { type Parsed, parseSize } from '../../size.js';

/** An offset or a length as qemu-io takes it: a size below 2^63, with its errors (print_cvtnum_err). */
export function parseAmount(text: string): Parsed<number> {
  const parsed = parseSize(text, '');
  if (parsed.ok && parsed.value < 2 ** 63) return parsed;
  const tooLarge = parsed.ok || parsed.message.startsWith('Value');
  return {
    ok: false,
    message: tooLarge
      ? `Parsing error: argument too large -- ${text}`
      : `Parsing error: non-numeric argument, or extraneous/unrecognized suffix -- ${text}`,
  };
}
