import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CODE = `const vscode = require('vscode');
const { file, viewType } = require('./open.json');
exports.activate = () =>
  vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), viewType);
`;

/**
 * Writes an extension that opens one image in our editor as soon as VS Code is up. A file named on
 * VS Code's command line or in the workbench's address may be opened before our editor has been
 * registered and would then be shown as text; an extension host knows what is registered. Each VS
 * Code has an opener of its own.
 * @param {string} file an absolute path
 * @returns {string} the folder of the extension
 */
export function writeOpener(file) {
  const folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-opener-'));
  const manifest = {
    name: 'qcow2-lens-opener',
    displayName: 'Qcow2 Lens: open the image that npm start was given',
    publisher: 'qcow2-lens',
    version: '0.0.0',
    engines: { vscode: '^1.101.0' },
    extensionKind: ['workspace'],
    activationEvents: ['onStartupFinished'],
    main: './opener.js',
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  writeFileSync(join(folder, 'opener.js'), CODE);
  writeFileSync(join(folder, 'open.json'), JSON.stringify({ file, viewType: 'qcow2.editor' }));
  return folder;
}
