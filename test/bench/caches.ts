import { CacheLab } from '../../src/core/caches/cacheLab.js';
import { DEFAULT_BITMAP_SIZE, NO_LIMIT } from '../../src/core/overlap/settings.js';
import { isMappable, openImage } from '../../src/core/qcow2/image.js';
import { finish } from '../../src/core/work.js';
import { FioLog } from '../../src/core/workload/fioLog.js';
import { LineReader } from '../../src/core/workload/lineReader.js';
import { parsePattern } from '../../src/core/workload/pattern.js';
import { PatternSource } from '../../src/core/workload/patternSource.js';
import { KIND, RequestBatch } from '../../src/core/workload/request.js';
import { FileSource } from '../../src/node/fileSource.js';

const AT_ONCE = 2 ** 14;

/** Requests a second. */
export interface CachesNumbers {
  /** Of an iolog, as lines. */
  readonly parsed: number;
  /** Of what has been read. */
  readonly replayed: number;
}

/** What it takes to read a workload's text, and to carry it out for all curves. */
export function cachesNumbers(path: string, words: string): CachesNumbers {
  const source = FileSource.open(path);
  const image = openImage(source);
  const pattern = parsePattern(words);
  if (!isMappable(image) || !pattern.ok) throw new Error(`no such image, or pattern: ${words}`);
  const made = PatternSource.on(pattern.value, Number(image.geometry.virtualSize));
  const lab = CacheLab.open(image, {
    sizes: {},
    cache: 'writeback',
    windows: { bitmapSize: DEFAULT_BITMAP_SIZE, totalSizeLimit: NO_LIMIT, policy: 'evict' },
    surroundings: { allocatedBytes: source.allocatedBytes, inflate: undefined },
  });
  if (!made.ok || !lab.ok) throw new Error('no room, or not to be opened');
  const read = new RequestBatch();
  const reader = new LineReader(new FioLog(undefined), read);
  const time = { parsing: 0, replaying: 0 };
  let requests = 0;
  const batch = new RequestBatch();
  while (made.value.fill(batch, AT_ONCE)) {
    const bytes = iolog(batch);
    batch.clear();
    const start = performance.now();
    reader.push(bytes);
    const parsed = performance.now();
    finish(lab.value.run(read));
    time.replaying += performance.now() - parsed;
    time.parsing += parsed - start;
    requests += read.size;
    read.clear();
  }
  source.close();
  return {
    parsed: (requests / time.parsing) * 1000,
    replayed: (requests / time.replaying) * 1000,
  };
}

function iolog({ kinds, offsets, lengths, size }: RequestBatch): Uint8Array {
  let text = 'fio version 2 iolog\n';
  for (let i = 0; i < size; i++) {
    const action = kinds[i] === KIND.read ? 'read' : kinds[i] === KIND.write ? 'write' : 'sync';
    text += `/disk ${action} ${offsets[i]} ${lengths[i]}\n`;
  }
  return new TextEncoder().encode(text);
}
