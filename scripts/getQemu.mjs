// `node scripts/getQemu.mjs SUITE…`: unpacks QEMU's tools of suites of Debian (sid, trixie …) under
// .cache/qemu beside the system's, and prints their folders: for `npm run test:peer -- --qemu DIR`.
import { unpackQemu } from './lib/qemuTools.mjs';

const suites = process.argv.slice(2);
if (suites.length === 0) {
  console.error('getQemu: which suites of Debian? For example: node scripts/getQemu.mjs sid');
  process.exit(1);
}
for (const suite of suites)
  try {
    console.log(`${suite}: ${await unpackQemu(suite)}`);
  } catch (error) {
    console.error(`getQemu: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
