import { caches } from './caches/caches.js';
import { chain } from './map/chain.js';
import { check } from './check/check.js';
import type { Command } from './frame/command.js';
import { compare } from './map/compare.js';
import { diagnose } from './check/diagnose.js';
import { exportMetadata } from './exportMetadata.js';
import { findTables } from './findTables.js';
import { info } from './info/info.js';
import { layout } from './layout.js';
import { map } from './map/map.js';
import { repair } from './check/repair.js';
import { simulate } from './simulate/simulate.js';
import { space } from './space/space.js';
import { structures } from './simulate/structures.js';

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
  findTables,
  structures,
  simulate,
  caches,
];
