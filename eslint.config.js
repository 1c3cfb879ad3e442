import tseslint from 'typescript-eslint';
import { importDirections } from './scripts/lib/importDirections.mjs';

/** Functions of node:fs that open files, or change what is there. */
const OPENING =
  '/^(open|read(v?$|File)|create|opendir|write|append|copyFile|cp|truncate|ftruncate|rename|rm|unlink|link|symlink|chmod|fchmod|chown|fchown|utimes|futimes|lutimes|mkdtemp|mkdir)/';
/** @param {string} names */
const ofFiles = (names) => ({
  selector: `ImportDeclaration[source.value=/^(node:)?fs/] ImportSpecifier[imported.name=${names}]`,
  message: 'Images are read through src/node/fileSource.ts, and never written.',
});
/** All of the module at once would be a way around. */
const allOfFiles = [
  'ImportDeclaration[source.value=/^(node:)?fs/] :matches(ImportNamespaceSpecifier, ImportDefaultSpecifier)',
  'ImportDeclaration[source.value=/^(node:)?fs\\u002fpromises/]',
  'ImportExpression[source.value=/^(node:)?fs/]',
  'ExportAllDeclaration[source.value=/^(node:)?fs/]',
  'ExportNamedDeclaration[source.value=/^(node:)?fs/]',
].map((selector) => ({ selector, message: 'Name the functions of node:fs that are used.' }));
const outputOnly = {
  selector: 'ImportSpecifier[imported.name=/^(write|append|createWrite)/]',
  message: 'Write to an Output.',
};

export default tseslint.config(
  { ignores: ['dist/', 'out/', '.cache/', 'samples/', 'artefacts/', 'test/vectors/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // The types do not say that an indexed element may be missing; the code must be free to ask.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // VS Code's Disposable is a class by its typings and an interface by its use.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_$' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  {
    // Scripts, and tests that tell what they measured, talk to people.
    files: ['scripts/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // What reaches a terminal goes through Printable, which escapes what an image has said.
    files: ['src/cli/**'],
    ignores: ['src/cli/frame/output.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['stdout', 'stderr'].map((property) => ({
          object: 'process',
          property,
          message: 'Write to an Output.',
        })),
      ],
    },
  },
  {
    // An image is opened in one place, O_RDONLY. `read` of a descriptor needs one that was opened.
    files: ['src/**', 'webview/**'],
    ignores: [
      'src/node/fileSource.ts',
      // Other files that a user has named: lists, logs. Files that a command makes.
      'src/node/workloadFile.ts',
      'src/node/operationLines.ts',
      'src/cli/frame/output.ts',
      // /proc/locks
      'src/node/fileLocks.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', ofFiles(OPENING), ...allOfFiles] },
  },
  {
    files: ['src/cli/**'],
    ignores: ['src/cli/frame/output.ts'],
    rules: { 'no-restricted-syntax': ['error', outputOnly, ofFiles(OPENING), ...allOfFiles] },
  },
  {
    // These read, and do not write.
    files: [
      'src/node/fileSource.ts',
      'src/node/workloadFile.ts',
      'src/node/operationLines.ts',
      'src/node/fileLocks.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        ofFiles(OPENING.replace('(open|read(v?$|File)|create|opendir|', '(create|opendir|')),
        ...allOfFiles,
      ],
    },
  },
  ...importDirections,
);
