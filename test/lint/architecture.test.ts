import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inRoot } from '../../scripts/lib/repository.mjs';
import { rooms } from '../../scripts/lib/rooms.mjs';

const text = readFileSync(inRoot('ARCHITECTURE.md'), 'utf8');

test('every path that ARCHITECTURE.md names exists', () => {
  const paths = [...text.matchAll(/`((?:src|webview|test|scripts)\/[\w./-]+)`/g)].map(
    ([, path]) => path,
  );
  expect(paths.length).toBeGreaterThan(60);
  expect(paths.filter((path) => !existsSync(inRoot(path)))).toEqual([]);
});

test('every room of the table is told of', () => {
  const told = rooms
    .map(({ folder }) => folder.replace('/*', ''))
    // The entry points, in the folders that hold the rooms.
    .filter((folder) => folder !== 'src' && folder !== 'webview')
    .filter((folder) => !text.includes(`\`${folder}\``));
  expect(told).toEqual([]);
});
