import type { Fields } from './fields.js';
import { KIND } from './request.js';

const LOWER = 32;

/** The kind that a word begins like: `R`, `read`, `Write`, `WS`, `discard`, `T`, `F`; -1 for others. */
export function kindOfWord(fields: Fields, index: number): number {
  switch (String.fromCharCode(fields.first(index) | LOWER)) {
    case 'r':
      return KIND.read;
    case 'w':
      return KIND.write;
    case 'd':
    case 't':
      return KIND.discard;
    case 'f':
      return KIND.flush;
    default:
      return -1;
  }
}
