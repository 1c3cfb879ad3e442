/**
 * Which part may import which, as rules for ESLint: core ← protocol, node ← editor, cli; the webview
 * takes types and pure functions. See also test/lint/importDirections.test.ts.
 */

/** @import { Linter } from 'eslint' */

const NODE_MODULE = '^node:';
const VSCODE = '^vscode$';
/** Anything from a package. */
const PACKAGE = '^[^.]';

/** @param {...string} folders of src/ */
const folders = (...folders) => `^(\\.{1,2}/)+(src/)?(${folders.join('|')})/`;
const UP_TO_ENTRY = '/extension\\.js$';
const WEBVIEW = '^(\\.\\./)+webview/';
const TESTS = '^(\\.\\./)+(test|scripts)/';

/**
 * @param {string} folder whose files the rules bind
 * @param {string} says what it may import, for the message
 * @param {readonly { regex: string, allowTypeImports?: true }[]} refused
 * @param {readonly string[]} [globals] that it may not name
 * @returns {Linter.Config}
 */
function rule(folder, says, refused, globals = []) {
  const message = `${folder} ${says}.`;
  const patterns = [...refused, { regex: TESTS }].map((pattern) => ({ ...pattern, message }));
  return {
    files: [`${folder}/**/*.{ts,tsx}`],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
      'no-restricted-globals': ['error', ...globals.map((name) => ({ name, message }))],
    },
  };
}

const NODE_GLOBALS = ['process', 'Buffer', 'global', 'require', '__dirname', '__filename'];
const IMPURE_GLOBALS = ['setTimeout', 'setInterval', 'setImmediate', 'fetch', 'console'];
const DOM_GLOBALS = ['window', 'document', 'navigator', 'localStorage', 'postMessage', 'self'];

/** Modules of src/core that the webview may run: none reads an image. */
const PURE = [
  'layout/(kinds|guestKinds|owner|finding|cell)',
  'qcow2/subclusters',
  'overlap/(fragments|memory|settings|types|windowMarks)',
  'simulate/(operation|fate|marks|verdict|disagreementText|laterMessages|qemuScript)',
  'size',
];

export const importDirections = [
  rule(
    'src/core',
    'imports nothing outside itself and uses neither Node nor the DOM',
    [
      { regex: PACKAGE },
      { regex: folders('protocol', 'node', 'editor', 'cli') },
      { regex: UP_TO_ENTRY },
      { regex: WEBVIEW },
    ],
    [...NODE_GLOBALS, ...IMPURE_GLOBALS, ...DOM_GLOBALS],
  ),
  rule(
    'src/protocol',
    'imports types of src/core only',
    [
      { regex: PACKAGE },
      { regex: folders('core'), allowTypeImports: true },
      { regex: folders('node', 'editor', 'cli') },
      { regex: UP_TO_ENTRY },
      { regex: WEBVIEW },
    ],
    [...NODE_GLOBALS, ...IMPURE_GLOBALS, ...DOM_GLOBALS],
  ),
  rule('src/node', 'stands on src/core and src/protocol and does not know VS Code', [
    { regex: VSCODE },
    { regex: folders('editor', 'cli') },
    { regex: UP_TO_ENTRY },
    { regex: WEBVIEW },
  ]),
  rule('src/editor', 'does not import the command line or the webview', [
    { regex: folders('cli') },
    { regex: UP_TO_ENTRY },
    { regex: WEBVIEW },
  ]),
  rule('src/cli', 'stands on src/core and src/node and does not know VS Code', [
    { regex: VSCODE },
    { regex: folders('editor') },
    { regex: UP_TO_ENTRY },
    { regex: WEBVIEW },
  ]),
  rule(
    'webview',
    'takes types and pure functions of src/core (the picture, kinds, owners, what settings and memory mean, marks of windows, what is said of simulated operations) and the protocol',
    [
      { regex: NODE_MODULE },
      { regex: VSCODE },
      { regex: folders('node', 'editor', 'cli') },
      {
        regex: `^(\\.\\./)+src/core/(?!picture/|(${PURE.join('|')})\\.js$)`,
        allowTypeImports: true,
      },
      { regex: '/src/extension\\.js$' },
    ],
    NODE_GLOBALS,
  ),
];
