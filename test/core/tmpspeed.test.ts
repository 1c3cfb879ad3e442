import { test } from 'vitest';
import { scaleFile } from '/work/wt/caches16/test/images/scaleFile.js';
import { SCALE_IMAGES } from '/work/wt/caches16/test/images/scale.js';
import { FileSource } from '/work/wt/caches16/src/node/fileSource.js';
import { openImage, isMappable } from '/work/wt/caches16/src/core/qcow2/image.js';
import { CacheLab } from '/work/wt/caches16/src/core/caches/cacheLab.js';
import { CacheReplay } from '/work/wt/caches16/src/core/caches/cacheReplay.js';
import { parsePattern } from '/work/wt/caches16/src/core/workload/pattern.js';
import { PatternSource } from '/work/wt/caches16/src/core/workload/patternSource.js';
import { RequestBatch } from '/work/wt/caches16/src/core/workload/request.js';
import { finish } from '/work/wt/caches16/src/core/work.js';
test('speed', () => {
  for (const recipe of [SCALE_IMAGES.contiguous, SCALE_IMAGES.permuted]) {
  const path = scaleFile('/tmp/scale', recipe);
  for (const p of ['uniform:ops=2M','zipf:ops=2M','sequential:ops=2M','uniform:ops=1M,reads=0','database:ops=1M']) for (const what of ['replay','lab']) {
    const source = FileSource.open(path); const image = openImage(source); if (!isMappable(image)) throw 1;
    const settings = {sizes:{},cache:'writeback' as const,windows:{bitmapSize:65536,totalSizeLimit:2**64,policy:'evict' as const},surroundings:{allocatedBytes:source.allocatedBytes,inflate:undefined}};
    const pat = parsePattern(p); if(!pat.ok) throw 1; const src = PatternSource.on(pat.value, 2**40); if (!src.ok) throw 1;
    const r = (what==='lab'? CacheLab.open(image,settings): CacheReplay.open(image, settings)); if(!r.ok) throw new Error(r.message);
    const t=performance.now(); const batch=new RequestBatch(); let n=0; let gen=0;
    for(;;){ const g=performance.now(); if(!src.value.fill(batch,16384)) break; gen+=performance.now()-g; n+=batch.size; finish(r.value.run(batch)); batch.clear(); }
    r.value.close(); const ms=performance.now()-t;
    console.log(recipe.name,p,what,(n/(ms-gen)/1e3).toFixed(2),'M/s without generating', (n/gen/1e3).toFixed(2), (process.memoryUsage().rss/2**20|0)+' MiB', what==='lab'?'':JSON.stringify((r.value as any).l2)+JSON.stringify((r.value as any).windowCounts));
    source.close();
  } }
}, 1e6);
