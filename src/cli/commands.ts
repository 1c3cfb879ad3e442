import type { Command } from './frame/command.js';

/**
 * Every command, each in a bundle of its own: who checks an image loads nothing of the simulator.
 * What is here is helped with and named in errors.
 */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  info: async () => (await import('./info/info.js')).info,
  check: async () => (await import('./check/check.js')).check,
  diagnose: async () => (await import('./check/diagnose.js')).diagnose,
  repair: async () => (await import('./check/repair.js')).repair,
  map: async () => (await import('./map/map.js')).map,
  layout: async () => (await import('./layout.js')).layout,
  space: async () => (await import('./space/space.js')).space,
  chain: async () => (await import('./map/chain.js')).chain,
  compare: async () => (await import('./map/compare.js')).compare,
  'export-metadata': async () => (await import('./exportMetadata.js')).exportMetadata,
  'find-tables': async () => (await import('./findTables.js')).findTables,
  structures: async () => (await import('./simulate/structures.js')).structures,
  simulate: async () => (await import('./simulate/simulate.js')).simulate,
  caches: async () => (await import('./caches/caches.js')).caches,
};

export const COMMAND_NAMES = Object.keys(LOADERS);

/** The command that is named; all of them where none is. */
export function commandsFor(name: string | undefined): Promise<readonly Command[]> {
  const named = COMMAND_NAMES.filter((each) => each === name);
  const wanted = named.length > 0 ? named : COMMAND_NAMES;
  return Promise.all(wanted.map((each) => LOADERS[each]()));
}
