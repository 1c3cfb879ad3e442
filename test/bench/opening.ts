import { createCurve } from '../../src/core/picture/curve.js';
import { TILE } from '../../src/core/picture/tile.js';
import { ImageWorker } from '../../src/node/imageWorker.js';
import type { ImageEvent } from '../../src/protocol/imageService.js';

/** Milliseconds from the start of the worker thread. */
export interface OpeningNumbers {
  readonly header: number;
  /** The whole picture, of what has been read by then. */
  readonly firstPicture: number;
  readonly scanned: number;
}

/** What one waits for after opening an image. `script`: the bundled scanWorker.js. */
export async function openingNumbers(script: string, path: string): Promise<OpeningNumbers> {
  const heard = new Map<ImageEvent['type'], () => void>();
  const event = (type: ImageEvent['type']): Promise<number> =>
    new Promise((resolve) =>
      heard.set(type, () => {
        resolve(performance.now() - start);
      }),
    );
  const scanned = event('scanned');
  const facts = event('facts');
  let clusters = 0;
  const start = performance.now();
  const worker = new ImageWorker(script, path, (told) => {
    if (told.type === 'facts') clusters = told.facts.geometry?.hostClusters ?? 0;
    heard.get(told.type)?.();
  });
  const header = await facts;
  const { filled } = createCurve('hilbert', clusters);
  const level = Math.max(0, Math.ceil(Math.log2(Math.max(filled.width, filled.height) / TILE)));
  const query = { view: 'host', layer: 'kinds', curve: 'hilbert', level, x: 0, y: 0 } as const;
  const reply = await worker.ask({ id: 1, method: 'tile', query });
  if (!reply.ok) throw new Error(reply.error);
  const firstPicture = performance.now() - start;
  const numbers = { header, firstPicture, scanned: await scanned };
  await worker.dispose();
  return numbers;
}
