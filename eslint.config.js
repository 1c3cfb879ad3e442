import tseslint from 'typescript-eslint';
import { importDirections } from './scripts/lib/importDirections.mjs';

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
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportSpecifier[imported.name=/^(write|append|createWrite)/]',
          message: 'Write to an Output.',
        },
      ],
    },
  },
  ...importDirections,
);
