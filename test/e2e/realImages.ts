import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot, node24 } from '../../scripts/lib/repository.mjs';

/** What the tests need of a run of `qcow2-lens layout --json`. */
export interface Run {
  readonly offset: number;
  readonly clusters: number;
  readonly types: readonly string[];
  readonly refcount: number;
  readonly references: number;
}

/** A folder of images that QEMU's tools have made; its name is the title of the window. */
export class RealImages {
  readonly folder = inRoot('out/images');

  constructor() {
    this.dispose();
    mkdirSync(this.folder, { recursive: true });
  }

  /** 64 MiB of data in 64 KiB clusters, written here and there. */
  plain(name: string): string {
    const path = join(this.folder, name);
    img('create', '-q', '-f', 'qcow2', path, '4G');
    const writes = Array.from({ length: 16 }, (_, i) => `write ${i * 200}M 4M`);
    io(path, ...writes, 'discard 200M 1M', 'discard 602M 512k');
    return path;
  }

  /** Snapshots, a bitmap, compressed clusters and zeros, in 4 KiB clusters. */
  varied(name: string): string {
    const path = join(this.folder, name);
    img('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', path, '256M');
    io(path, 'write 0 4M', 'write 32M 2M', 'write -z 40M 1M');
    io(path, ...Array.from({ length: 64 }, (_, i) => `write -c ${64 * 1024 + i * 4}k 4k`));
    img('snapshot', '-c', 'before', path);
    img('bitmap', '--add', '-g', '64k', path, 'nightly');
    io(path, 'write 1M 2M', 'write 128M 1M', 'discard 32M 256k');
    img('snapshot', '-c', 'after', path);
    io(path, 'write 2M 512k', 'discard 33M 128k');
    return path;
  }

  /** 512-byte clusters: overlap windows of 2 MiB, of which it has several. */
  small(name: string): string {
    const path = join(this.folder, name);
    img('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=512', path, '16M');
    io(path, 'write 0 4M', 'write 8M 4M');
    return path;
  }

  /** One of the samples, under its name. */
  sample(name: string): string {
    const path = join(this.folder, name);
    copyFileSync(inRoot('samples', name), path);
    return path;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The numbers of `qemu-img check --output=json`; its exit code tells only that it found something. */
export function check(path: string): Map<string, number> {
  const { stdout } = spawnSync('qemu-img', ['check', '--output=json', path], { encoding: 'utf8' });
  const document: unknown = JSON.parse(stdout);
  if (typeof document !== 'object' || document === null) throw new Error(stdout);
  const entries: [string, unknown][] = Object.entries(document);
  return new Map(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

export function layout(path: string): readonly Run[] {
  const cli = [inRoot('dist/cli.js'), 'layout', '--json', path];
  const document: unknown = JSON.parse(execFileSync(node24, cli, { encoding: 'utf8' }));
  if (!Array.isArray(document) || !document.every(isRun)) throw new Error('not a layout');
  return document;
}

const isRun = (value: unknown): value is Run =>
  typeof value === 'object' &&
  value !== null &&
  'types' in value &&
  Array.isArray(value.types) &&
  ['offset', 'clusters', 'refcount', 'references'].every(
    (key) => typeof Reflect.get(value, key) === 'number',
  );

/** Clusters of each type; a cluster with two types counts under both, as in the legend. */
export function clustersByType(runs: readonly Run[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { clusters, types } of runs) {
    for (const type of types) sums.set(type, (sums.get(type) ?? 0) + clusters);
  }
  return sums;
}

function img(...args: readonly string[]): void {
  execFileSync('qemu-img', args);
}

function io(path: string, ...commands: readonly string[]): void {
  execFileSync('qemu-io', ['-d', 'unmap', ...commands.flatMap((c) => ['-c', c]), path]);
}
