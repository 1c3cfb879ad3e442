import { deflate, inflate } from '../../src/node/compression.js';
import type { Machine } from '../../src/session/machine.js';

/** This machine, with an image in memory, which takes no disk. */
export const MACHINE: Machine = { allocatedBytes: undefined, inflate, deflate };
