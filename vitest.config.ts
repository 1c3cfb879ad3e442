import { defineConfig } from 'vitest/config';

/** Three kinds of tests that run in Node; those inside VS Code are test/vscode. */
export default defineConfig({
  test: {
    // All cores: on a machine with two, vitest would leave one of them idle.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/{peer,vscode,e2e,bench}/**'],
          // These end what hangs, and nothing else: a machine that others use is slow at times.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
      {
        test: {
          name: 'peer',
          include: ['test/peer/**/*.test.ts'],
          testTimeout: 600_000,
          // Removes what thousands of cases have left behind.
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          expect: { poll: { timeout: 120_000 } },
        },
      },
    ],
  },
});
