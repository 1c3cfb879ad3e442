import { checkBundles } from './bundles.mjs';
import { hostTests } from './hostTests.mjs';
import { findBrowser, hasQemuTools } from './install.mjs';
import { makeSamples } from './samples.mjs';
import { staticSuites } from './staticSuites.mjs';
import { skipped } from './suite.mjs';
import { vitest } from './vitestSuite.mjs';
import { installServer, serverSupported } from './vscodeInstall.mjs';

/** @import { Suite } from './suite.mjs' */

/**
 * All suites, in the order they run: the quick ones first.
 * @type {readonly Suite[]}
 */
export const suites = [
  ...staticSuites,
  { name: 'unit', run: () => vitest('unit') },
  {
    name: 'peer',
    run: async ({ cases }) =>
      hasQemuTools()
        ? vitest('peer', cases === undefined ? {} : { QCOW2_PEER_CASES: cases })
        : skipped('the tests against qemu-img: it is not installed'),
  },
  { name: 'bundles', run: checkBundles },
  { name: 'extension-host', needs: 'bundles', run: hostTests },
  {
    name: 'e2e',
    needs: 'bundles',
    run: async () => {
      if (findBrowser() === undefined) return skipped('the tests in Chromium: it is not installed');
      if (!hasQemuTools()) return skipped('the tests in Chromium: qemu-img is not installed');
      if (!serverSupported) return skipped('the tests in Chromium: they need Linux on x64');
      // Before the tests, whose hooks have little time.
      await installServer();
      await makeSamples();
      return vitest('e2e');
    },
  },
];
