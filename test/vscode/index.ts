import './activation.js';
import './files.js';
import './lost.js';
import './navigation.js';
import './opening.js';
import './overlap.js';
import './problems.js';
import './qemu.js';
import './responsiveness.js';
import './simulate.js';
import { runTests } from './runner.js';

/** Called by VS Code in the extension host: `extensionTestsPath`. */
export const run = runTests;
