import { chain } from './chain.js';
import { check } from './check.js';
import type { Command } from './command.js';
import { compare } from './compare.js';
import { diagnose } from './diagnose.js';
import { exportMetadata } from './exportMetadata.js';
import { info } from './info.js';
import { layout } from './layout.js';
import { map } from './map.js';
import { repair } from './repair.js';
import { simulate } from './simulate.js';
import { space } from './space.js';
import { structures } from './structures.js';

/** Every command: what is here is parsed, helped with and named in errors. */
export const COMMANDS: readonly Command[] = [
  info,
  check,
  diagnose,
  repair,
  map,
  layout,
  space,
  chain,
  compare,
  exportMetadata,
  structures,
  simulate,
];
