import { defineConfig } from 'vitest/config';

/** Three kinds of tests that run in Node; those inside VS Code are test/vscode. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/{peer,vscode,e2e,bench}/**'],
          // Those in Chromium wait for it, also on a machine that others use.
          testTimeout: 60_000,
          expect: { poll: { timeout: 5000 } },
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
          // A screenshot of the workbench may take a second.
          expect: { poll: { timeout: 10_000 } },
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
