import { createCounters } from '../../../src/core/overlap/counters.js';
import { heldBytes } from '../../../src/core/overlap/memory.js';
import { WINDOW_SIZE } from '../../../src/core/overlap/typeRuns.js';
import { windowCode, type WindowMark } from '../../../src/core/overlap/windowMarks.js';
import type { BuiltOverlap } from '../../../src/protocol/overlap.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { Random } from '../../images/random.js';
import { logTexts } from '../../images/samples/texts.js';
import type { HostedImage } from './editorPage.js';
import { hostedFile } from './hostedImages.js';

let mailServer: HostedImage | undefined;

/** An image of 4 KiB clusters that has some seventy overlap windows: mail that came and went. */
export function hostedMail(): HostedImage {
  if (mailServer) return mailServer;
  const random = new Random(11);
  const image = new ImageBuilder({ virtualSize: 1.5 * 2 ** 30, clusterBits: 12 });
  const text = logTexts(random, 1, 4096)[0];
  for (let guest = 0; guest < 300_000;) {
    const length = random.between(1, random.chance(0.04) ? 9000 : 700);
    const end = Math.min(300_000, guest + length);
    if (random.chance(0.72)) image.write(guest, end - guest);
    else if (random.chance(0.3)) for (; guest < end; guest++) image.compress(guest, text);
    guest = end + random.below(60);
  }
  image.snapshot({ name: 'archive' });
  for (let box = 0; box < 400; box++) {
    const guest = random.below(290_000);
    if (random.chance(0.6)) image.write(guest, random.between(1, 40));
    else image.discard(guest, random.between(1, 400));
  }
  image.skip(6000).write(300_000, 9000);
  return (mailServer = hostedFile(layOut(image), 'mail.qcow2'));
}

/**
 * An image with as many overlap windows as it has room for, in every state: most are fragments, as
 * many cached as there are slots, a stretch of them unprotected. Seeded.
 */
export function withWindows(image: HostedImage): HostedImage {
  const windows = Math.ceil(clustersOf(image) / WINDOW_SIZE);
  const random = new Random(5);
  const marks: WindowMark[] = Array.from({ length: windows }, (_, window) => {
    const part = window / windows;
    if (part > 0.4 && part < 0.42) return { form: 'empty', exposure: 'lost' };
    if (random.chance(0.004)) return { form: 'kept', exposure: undefined };
    return { form: window % 16 < 3 ? 'empty' : 'fragments', exposure: undefined };
  });
  const slots = Array.from({ length: 64 }, (_, slot) => {
    const window = random.below(windows);
    marks[window] = { form: 'cached', exposure: undefined };
    return { slot, window, age: slot + 1 };
  });
  const counts = {
    forms: { empty: 0, fragments: 0, cached: 0, kept: 0 },
    exposures: { lost: 0, dropped: 0, refused: 0 },
  };
  for (const { form, exposure } of marks) {
    counts.forms[form]++;
    if (exposure) counts.exposures[exposure]++;
  }
  const runs: number[] = [];
  for (const code of marks.map(windowCode)) {
    if (runs.at(-2) === code) runs[runs.length - 1]++;
    else runs.push(code, 1);
  }
  const counters = createCounters();
  const built: BuiltOverlap = {
    operations: windows,
    position: windows,
    last: undefined,
    memory: {
      ...heldBytes({ ...counters, windows, slots: slots.length }),
      accounted: 0,
      shrinkSlip: 0,
      dropSlip: 0,
      limit: 0,
    },
    counters,
    counts,
    bitmapSize: 64 * WINDOW_SIZE,
    windows,
    windowBytes: WINDOW_SIZE * 2 ** 16,
    slots,
    slotCount: slots.length,
    marks: runs,
    events: 0,
    sentences: [],
  };
  return {
    ...image,
    service: { ...image.service, overlap: () => ({ state: 'built', ...built }) },
  };
}

function clustersOf({ events }: HostedImage): number {
  const [facts] = events;
  return facts.type === 'facts' ? (facts.facts.geometry?.hostClusters ?? 0) : 0;
}
