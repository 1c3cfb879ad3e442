import type { ParseResult } from '../../core/size.js';

/** A request that makes no sense, or an image that cannot be used: one line for stderr. */
export class RefusalError extends Error {}

/** The value of what has been read from a user's words. */
export function valid<T>(parsed: ParseResult<T>): T {
  if (parsed.ok) return parsed.value;
  // QEMU explains some of its messages in further lines.
  throw new RefusalError(parsed.message.split('\n')[0]);
}
