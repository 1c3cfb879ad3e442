import { readdir, readFile } from 'node:fs/promises';
import { inRoot } from './repository.mjs';

/** @import { Plugin } from 'esbuild' */

const RULE = /\.codicon-([a-z0-9-]+):before\s*\{[^}]*\}/g;

/**
 * Leaves in the style sheet of VS Code's icons those that the webview names somewhere: a few dozen
 * of several hundred, which are most of the sheet.
 * @type {Plugin}
 */
export const usedIcons = {
  name: 'used icons',
  setup(build) {
    build.onLoad({ filter: /codicon\.css$/ }, async ({ path }) => {
      /** @type {Set<string>} */
      const named = new Set();
      for (const file of await readdir(inRoot('webview'), { recursive: true })) {
        if (!/\.tsx?$/.test(file)) continue;
        const text = await readFile(inRoot('webview', file), 'utf8');
        for (const [, name] of text.matchAll(/['"]([a-z0-9-]+)['"]/g)) named.add(name);
      }
      const sheet = await readFile(path, 'utf8');
      return {
        contents: sheet.replaceAll(RULE, (rule, name) => (named.has(name) ? rule : '')),
        loader: 'css',
      };
    });
  },
};
