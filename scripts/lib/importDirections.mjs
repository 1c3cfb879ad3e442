/** The directions of imports between the rooms (rooms.mjs) and the globals of each, for ESLint. */

import { posix, relative } from 'node:path';
import { rooms, roomOf } from './rooms.mjs';
import { root } from './repository.mjs';

/** @import { Linter, Rule } from 'eslint' */
/** @import { Room } from './rooms.mjs' */

const CODE = /\.(js|tsx?)$/;

/**
 * Why a file may not import a module; undefined if it may.
 * @param {string} file from the root
 * @param {string} specifier as it is written
 * @param {boolean} typesOnly
 * @returns {string | undefined}
 */
function refusal(file, specifier, typesOnly) {
  const here = roomOf(file);
  if (here === undefined) return undefined;
  const { room } = here;
  if (!specifier.startsWith('.'))
    return room.packages.test(specifier) ? undefined : `${room.folder} takes no ${specifier}`;
  const target = posix.join(posix.dirname(file), specifier);
  if (!CODE.test(target)) return undefined;
  const there = roomOf(target);
  if (there === undefined) return `${room.folder} takes nothing of ${posix.dirname(target)}`;
  if (there.place === here.place || room.takes.includes(there.room.folder)) return undefined;
  if (typesOnly && room.types?.includes(there.room.folder)) return undefined;
  if (room.pure?.includes(target.replace(CODE, ''))) return undefined;
  const may = [...room.takes, ...(room.types ?? []).map((folder) => `types of ${folder}`)];
  return `${room.folder} takes ${may.length > 0 ? may.join(', ') : 'nothing of another room'}`;
}

/** @type {Rule.RuleModule} */
const direction = {
  create(context) {
    const file = relative(root, context.filename).replaceAll('\\', '/');
    /** @param {Rule.Node} node @param {unknown} source @param {boolean} typesOnly */
    const look = (node, source, typesOnly) => {
      if (typeof source !== 'string') return;
      const message = refusal(file, source, typesOnly);
      if (message !== undefined) context.report({ node, message });
    };
    /** @param {any} node */
    const declaration = (node) => {
      if (node.source === null) return;
      const kind = node.importKind ?? node.exportKind;
      const all =
        node.specifiers?.length > 0 &&
        node.specifiers.every(
          (/** @type {any} */ one) => (one.importKind ?? one.exportKind) === 'type',
        );
      look(node, node.source.value, kind === 'type' || all);
    };
    return {
      ImportDeclaration: declaration,
      ExportNamedDeclaration: declaration,
      ExportAllDeclaration: declaration,
      /** @param {any} node */
      ImportExpression: (node) => look(node, node.source.value, false),
    };
  },
};

const NODE_GLOBALS = ['process', 'Buffer', 'global', 'require', '__dirname', '__filename'];
const IMPURE_GLOBALS = ['setTimeout', 'setInterval', 'setImmediate', 'fetch', 'console'];
const DOM_GLOBALS = ['window', 'document', 'navigator', 'localStorage', 'postMessage', 'self'];

/** @type {Readonly<Record<Room['world'], readonly string[]>>} */
const REFUSED_GLOBALS = {
  core: [...NODE_GLOBALS, ...IMPURE_GLOBALS, ...DOM_GLOBALS],
  page: NODE_GLOBALS,
  free: [],
};

/** @type {Linter.Config[]} */
export const importDirections = [
  {
    files: ['src/**/*.ts', 'webview/**/*.{ts,tsx}'],
    plugins: { rooms: { rules: { direction } } },
    rules: { 'rooms/direction': 'error' },
  },
  ...rooms.map(({ folder, world }) => ({
    files: [`${folder}/*.{ts,tsx}`],
    rules: {
      'no-restricted-globals': /** @type {Linter.RuleEntry} */ ([
        'error',
        ...REFUSED_GLOBALS[world].map((name) => ({ name, message: `not in ${folder}` })),
      ]),
    },
  })),
];
