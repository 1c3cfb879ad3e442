import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { resolveModule, sourceFiles } from './moduleFiles.mjs';
import { root } from './repository.mjs';

/** @typedef {ReadonlyMap<string, readonly string[]>} Graph a file to those that it imports */

/**
 * The files of the product that each of them imports, types included, with the imports that load
 * a part later.
 * @returns {Graph}
 */
export function productImports() {
  const files = ['src', 'webview'].flatMap((folder) => sourceFiles(join(root, folder)));
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
      const targets = importedFiles.flatMap(({ fileName }) =>
        fileName.startsWith('.') ? (resolveModule(file, fileName) ?? []) : [],
      );
      return [relative(root, file), targets.map((target) => relative(root, target))];
    }),
  );
}

/**
 * The circles of a graph: sets of files each of which imports, by way of others, itself (Tarjan).
 * @param {Graph} graph
 * @returns {string[][]}
 */
export function circles(graph) {
  /** @type {Map<string, { index: number, low: number, open: boolean }>} */
  const seen = new Map();
  /** @type {string[]} */
  const path = [];
  /** @type {string[][]} */
  const found = [];
  /** @param {string} file */
  const visit = (file) => {
    const own = { index: seen.size, low: seen.size, open: true };
    seen.set(file, own);
    path.push(file);
    for (const target of graph.get(file) ?? []) {
      const known = seen.get(target) ?? visit(target);
      if (known.open) own.low = Math.min(own.low, known.low);
    }
    if (own.low === own.index) {
      const circle = path.splice(path.indexOf(file));
      for (const member of circle) {
        const state = seen.get(member);
        if (state) state.open = false;
      }
      if (circle.length > 1 || graph.get(file)?.includes(file)) found.push(circle);
    }
    return own;
  };
  for (const file of graph.keys()) if (!seen.has(file)) visit(file);
  return found;
}
