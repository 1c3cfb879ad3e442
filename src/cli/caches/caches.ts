import { adviseCaches } from '../../core/caches/advice.js';
import { aroundKnees } from '../../core/caches/aroundKnee.js';
import { type OtherLayouts, otherLayouts } from '../../core/caches/otherLayouts.js';
import { CacheLab } from '../../core/caches/cacheLab.js';
import { DEFAULT_BITMAP_SIZE, NO_LIMIT } from '../../core/overlap/settings.js';
import { CACHE_OPTION_NAMES, parseCacheOptions } from '../../core/simulate/copy/cacheOptions.js';
import { parseSize } from '../../core/size.js';
import { finish } from '../../core/work.js';
import { PATTERNS } from '../../core/workload/pattern.js';
import { RequestBatch } from '../../core/workload/request.js';
import { command } from '../frame/command.js';
import type { Output } from '../frame/output.js';
import { t } from '../frame/printable.js';
import { RefusalError, valid } from '../frame/refusal.js';
import { type Subject, withImage } from '../frame/subject.js';
import { cachesJson } from './cachesJson.js';
import { cachesText } from './cachesText.js';
import { openWorkload, type WorkloadWords } from './workloadSource.js';

/** What the caches are set to. */
type Settings = Omit<Parameters<typeof CacheLab.open>[1], 'surroundings'>;

export const caches = command({
  name: 'caches',
  summary: "what QEMU's caches do with a workload, and which sizes it needs",
  details: [
    'A workload is a file (fio iolog, blkparse, a QEMU trace log, biosnoop, a table of requests, the',
    'operations of simulate), -, or a pattern with settings, such as zipf:ops=1M,block=4K,reads=70,seed=7:',
    ...Object.entries(PATTERNS).map(([name, what]) => `  ${name.padEnd(10)}  ${what}`),
    'Settings of patterns: ops, block, reads (percent), seed, offset, size; theta, hot, heat, stride.',
  ],
  options: {
    workload: { value: 'FILE|PATTERN', help: 'what the guest does' },
    'workload-format': {
      value: 'FORMAT',
      help: 'of the file, if the guess is wrong: fio, blkparse[:action=D], qemu[:events=bdrv], biosnoop, csv[:offset=N,length=N,op=N,volume=N,offset-unit=512,length-unit=512,zero=write,separator=tab], operations',
    },
    'workload-volume': { value: 'NAME', help: 'only its requests, of a file with several disks' },
    [CACHE_OPTION_NAMES.l2CacheSize]: { value: 'SIZE', help: 'as that option of QEMU' },
    [CACHE_OPTION_NAMES.l2CacheEntrySize]: { value: 'SIZE', help: 'as that option of QEMU' },
    [CACHE_OPTION_NAMES.refcountCacheSize]: { value: 'SIZE', help: 'as that option of QEMU' },
    [CACHE_OPTION_NAMES.cacheSize]: { value: 'SIZE', help: 'as that option of QEMU' },
    'bitmap-size': { value: 'SIZE', help: 'of the overlap structures: bytes of their bitmaps' },
    'total-size-limit': { value: 'SIZE', help: 'most bytes of the overlap structures' },
    cache: { value: 'MODE', help: 'writeback (default) or writethrough: a flush after each write' },
    json: { help: 'as a JSON document' },
  },
  run(args, context) {
    const workload = args.get('workload');
    if (workload === undefined && args.operands.length === 1)
      throw new RefusalError('caches needs a workload: --workload FILE|PATTERN');
    const cache = args.get('cache') ?? 'writeback';
    if (cache !== 'writethrough' && cache !== 'writeback')
      throw new RefusalError(`--cache is '${cache}', expected 'writethrough' or 'writeback'`);
    const option = (name: keyof typeof CACHE_OPTION_NAMES): string =>
      args.get(CACHE_OPTION_NAMES[name]) ?? '';
    const size = (name: 'bitmap-size' | 'total-size-limit', otherwise: number): number => {
      const text = args.get(name);
      return text === undefined ? otherwise : valid(parseSize(text, `overlap-structures.${name}`));
    };
    const settings: Settings = {
      cache,
      sizes: valid(
        parseCacheOptions({
          cacheSize: option('cacheSize'),
          l2CacheSize: option('l2CacheSize'),
          l2CacheEntrySize: option('l2CacheEntrySize'),
          refcountCacheSize: option('refcountCacheSize'),
        }),
      ),
      windows: {
        bitmapSize: size('bitmap-size', DEFAULT_BITMAP_SIZE),
        totalSizeLimit: size('total-size-limit', NO_LIMIT),
        policy: 'evict',
      },
    };
    const words: WorkloadWords = {
      workload: workload ?? '',
      format: args.get('workload-format'),
      volume: args.get('workload-volume'),
    };
    return withImage('caches', args, context, (subject) =>
      run(subject, settings, words, args.has('json'), context.output),
    );
  },
});

function run(
  subject: Subject,
  settings: Settings,
  words: WorkloadWords,
  json: boolean,
  output: Output,
): number {
  const image = subject.mappable();
  const surroundings = { allocatedBytes: subject.source.allocatedBytes, inflate: undefined };
  const opened = CacheLab.open(image, { ...settings, surroundings });
  if (!opened.ok) throw new RefusalError(`'${subject.filename}': ${opened.message.split('\n')[0]}`);
  const lab = opened.value;
  const source = openWorkload(words, Number(image.geometry.virtualSize));
  try {
    const batch = new RequestBatch();
    while (lab.stopped === undefined && source.fill(batch)) {
      finish(lab.run(batch));
      batch.clear();
    }
  } finally {
    source.close();
  }
  lab.close();
  const { result } = lab;
  const { report } = source;
  const advice = adviseCaches(result);
  // What comes through a pipe comes once.
  const again = () =>
    words.workload === '-' ? undefined : openWorkload(words, Number(image.geometry.virtualSize));
  const simulated = finish(
    aroundKnees(image, { ...settings, surroundings }, result, advice, again),
  );
  const requests = again();
  const layouts: OtherLayouts | undefined =
    requests && finish(otherLayouts(image, result.l2.marks.now, result.requests, requests));
  const found = { subject, image, workload: report, result, advice, simulated, layouts };
  for (const piece of json ? cachesJson(found) : cachesText(found)) output.print(piece);
  if (result.stopped === undefined) return 0;
  output.complain(t`qcow2-lens: stopped after ${result.requests} requests: ${result.stopped}\n`);
  return 1;
}
