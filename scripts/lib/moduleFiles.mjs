import { readdirSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import ts from 'typescript';

/** @param {string} folder @returns {string[]} */
export function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ['.ts', '.tsx', '.mjs'].includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * @param {string} file
 * @param {string} path relative, ending in `.js` for what is `.ts` or `.tsx`
 */
export function resolveModule(file, path) {
  const stem = resolve(dirname(file), path);
  return [stem, stem.replace(/\.js$/, '.ts'), stem.replace(/\.js$/, '.tsx')].find((candidate) =>
    ts.sys.fileExists(candidate),
  );
}
