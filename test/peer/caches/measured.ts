import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KIND, type RequestBatch } from '../../../src/core/workload/request.js';
import type { CacheOptions, Counted } from './ours.js';

const EVENTS = [
  'qcow2_cache_get',
  'qcow2_cache_get_replace_entry',
  'qcow2_cache_get_read',
  'qcow2_cache_entry_flush',
  'qcow2_add_task',
];

/** What a real qemu-io did with the requests. */
export interface Measured {
  readonly l2: Counted;
  readonly refcount: Counted;
  /** Pieces of a write were in flight together: the order of their look-ups is one of several. */
  readonly isMixed: boolean;
  /** Requests that failed. */
  readonly failed: number;
}

const COMMANDS: ReadonlyMap<number, string> = new Map([
  [KIND.read, 'read -q'],
  [KIND.write, 'write -q'],
  [KIND['write-zeroes'], 'write -q -z'],
  [KIND['write-zeroes-unmap'], 'write -q -z -u'],
  [KIND['write-compressed'], 'write -q -c'],
  [KIND.discard, 'discard -q'],
]);

/** Runs the requests on the image `name` of a folder in one qemu-io that writes back, and closes it. */
export function measured(
  folder: string,
  name: string,
  options: CacheOptions,
  batch: RequestBatch,
): Measured {
  const lines: string[] = [];
  for (let i = 0; i < batch.size; i++) {
    const command = COMMANDS.get(batch.kinds[i]);
    lines.push(command ? `${command} ${batch.offsets[i]} ${batch.lengths[i]}` : 'flush');
  }
  writeFileSync(join(folder, 'events'), EVENTS.map((event) => `${event}\n`).join(''));
  writeFileSync(join(folder, 'commands'), lines.map((line) => `${line}\n`).join(''));
  const words = Object.entries({ ...options, 'cache-clean-interval': 0, discard: 'unmap' });
  const image = [
    `driver=qcow2,file.filename=${name},file.cache.no-flush=on`,
    ...words.map(([option, value]) => `${option}=${value}`),
  ].join(',');
  const input = openSync(join(folder, 'commands'), 'r');
  const output = openSync(join(folder, 'output'), 'w');
  const trace = join(folder, 'trace');
  const run = spawnSync(
    'qemu-io',
    ['-T', `events=events,file=${trace}`, '-t', 'writeback', '--image-opts', image],
    { cwd: folder, stdio: [input, output, output], timeout: 120_000 },
  );
  closeSync(input);
  closeSync(output);
  const said = readFileSync(join(folder, 'output'), 'latin1');
  // 1 tells of a request that failed.
  if (run.status !== 0 && run.status !== 1)
    throw new Error(`qemu-io ended with ${run.status}: ${said.slice(-500)}`);
  return {
    ...countTrace(readFileSync(trace, 'latin1')),
    failed: said.split(' failed: ').length - 1,
  };
}

const LINE = /^(qcow2_cache_\w+) co \S+ is_l2_cache ([01])(?: offset \S+)?(?: index (\d+))?/;

interface Tally {
  lookups: number;
  misses: number;
  evictions: number;
  writeBacks: number;
  evictionWriteBacks: number;
  readonly taken: Set<string>;
  /** The slot that is being given another table. */
  replaced: string | undefined;
}

const tally = (): Tally => ({
  lookups: 0,
  misses: 0,
  evictions: 0,
  writeBacks: 0,
  evictionWriteBacks: 0,
  taken: new Set(),
  replaced: undefined,
});

function countTrace(text: string): Omit<Measured, 'failed'> {
  const caches = { l2: tally(), refcount: tally() };
  let isMixed = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('qcow2_add_task ')) isMixed ||= / pool 0x[0-9a-f]+: write/.test(line);
    const [, event, isL2, index = ''] = LINE.exec(line) ?? [];
    const cache = isL2 === '1' ? caches.l2 : caches.refcount;
    if (event === 'qcow2_cache_get') cache.lookups++;
    else if (event === 'qcow2_cache_get_replace_entry') {
      cache.misses++;
      cache.replaced = index;
      if (cache.taken.has(index)) cache.evictions++;
      cache.taken.add(index);
    } else if (event === 'qcow2_cache_get_read') cache.replaced = undefined;
    else if (event === 'qcow2_cache_entry_flush') {
      cache.writeBacks++;
      if (cache.replaced === index) cache.evictionWriteBacks++;
    }
  }
  return { l2: counted(caches.l2), refcount: counted(caches.refcount), isMixed };
}

function counted({ lookups, misses, evictions, writeBacks, evictionWriteBacks }: Tally): Counted {
  return { lookups, hits: lookups - misses, misses, evictions, writeBacks, evictionWriteBacks };
}
