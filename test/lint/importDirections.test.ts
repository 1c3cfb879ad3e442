import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, test } from 'vitest';
import { importDirections } from '../../scripts/lib/importDirections.mjs';
import { root } from '../../scripts/lib/repository.mjs';

/** The rules of the directions alone: those with types would want the file on disk. */
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  overrideConfig: [
    { ...tseslint.configs.base, files: ['**/*.ts', '**/*.tsx'] },
    ...importDirections,
  ],
});

async function refusals(filePath: string, code: string): Promise<string[]> {
  const [{ messages }] = await eslint.lintText(code, { filePath });
  return messages.map(({ ruleId, message }) => ruleId ?? message);
}

const IMPORT = ['rooms/direction'];
const GLOBAL = ['no-restricted-globals'];

test.each([
  ['src/core/qcow2/x.ts', `import { readSync } from 'node:fs'; readSync;`, IMPORT],
  ['src/core/x.ts', `import * as vscode from 'vscode'; vscode;`, IMPORT],
  ['src/core/map/x.ts', `import type { Tile } from '../../protocol/imageService.js';`, IMPORT],
  ['src/core/x.ts', `import { ImageWorker } from './../node/imageWorker.js';`, IMPORT],
  ['src/core/x.ts', `import { Rpc } from '../../webview/state/rpc.js';`, IMPORT],
  ['src/core/x.ts', `export * from '../cli/main.js';`, IMPORT],
  ['src/core/x.ts', `export const x = Buffer.alloc(1);`, GLOBAL],
  ['src/core/x.ts', `document.title = '';`, GLOBAL],
  ['src/core/x.ts', `import { hex } from './bytes.js'; hex;`, []],
  ['src/protocol/x.ts', `import { scan } from '../core/check/scan.js'; scan;`, IMPORT],
  ['src/protocol/x.ts', `import { KINDS } from '../core/map/kinds.js'; KINDS;`, []],
  ['src/protocol/x.ts', `import type { Kind } from '../core/map/kinds.js';`, []],
  ['src/node/x.ts', `import * as vscode from 'vscode'; vscode;`, IMPORT],
  ['src/node/x.ts', `import { ImagePanel } from '../editor/panel.js'; ImagePanel;`, IMPORT],
  ['src/node/x.ts', `import { open } from 'node:fs'; open;`, []],
  ['src/cli/x.ts', `import * as vscode from 'vscode'; vscode;`, IMPORT],
  ['src/cli/x.ts', `import { fileSource } from '../node/fileSource.js'; fileSource;`, []],
  ['src/editor/x.ts', `import { main } from '../cli/main.js'; main;`, IMPORT],
  ['src/editor/x.ts', `import * as vscode from 'vscode'; vscode;`, []],
  ['src/editor/x.ts', `import { App } from '../../webview/app.js'; App;`, IMPORT],
  ['src/editor/x.ts', `import { RealImages } from '../../test/e2e/realImages.js';`, IMPORT],
  ['webview/x.ts', `import { join } from 'node:path'; join;`, IMPORT],
  ['webview/x.ts', `import { scan } from '../src/core/check/scan.js'; scan;`, IMPORT],
  ['webview/x.ts', `import type { Scan } from '../src/core/check/scan.js';`, []],
  ['webview/parts/x.tsx', `import { KINDS } from '../../src/core/map/kinds.js'; KINDS;`, []],
  ['webview/parts/x.tsx', `import { x } from '../../src/editor/panel.js'; x;`, IMPORT],
  ['src/core/qcow2/x.ts', `import { scan } from '../check/scan.js'; scan;`, IMPORT],
  ['src/core/check/x.ts', `import { KINDS } from '../map/kinds.js'; KINDS;`, []],
  ['src/core/simulate/guard/x.ts', `import type { Driver } from '../driver/driver.js';`, IMPORT],
  ['src/session/x.ts', `import { FileSource } from '../node/fileSource.js'; FileSource;`, IMPORT],
  ['src/session/x.ts', `import { deflateRawSync } from 'node:zlib'; deflateRawSync;`, IMPORT],
  ['webview/state/x.ts', `import type { Tiles } from '../heatmap/tileStore.js';`, IMPORT],
  ['webview/panes/ranges/x.tsx', `import { y } from '../overlap/slots.js'; y;`, IMPORT],
  ['webview/panes/ranges/x.tsx', `import { y } from './rangeList.js'; y;`, []],
  ['webview/frame/x.tsx', `const x = import('../panes/ranges/rangesPane.js'); x;`, []],
  ['webview/parts/x.tsx', `const x = import('../panes/ranges/rangesPane.js'); x;`, IMPORT],
])('%s: %s', async (filePath, code, expected) => {
  expect(await refusals(filePath, code)).toEqual(expected);
});
