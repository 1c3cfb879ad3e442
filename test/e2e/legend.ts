import type { FrameLocator } from 'playwright-core';

/** Waits for the scan and reads the counts: clusters of each kind that there are any of, each once. */
export const legendCounts = (editor: FrameLocator): Promise<Map<string, number>> =>
  readCounts(editor, number);

/** The same with the clusters that have another kind too, which count as that. */
export const legendClaims = (editor: FrameLocator): Promise<Map<string, number>> =>
  readCounts(editor, (text) => {
    const also = /\(\+([\d,]+) of two kinds\)/.exec(text ?? '')?.[1];
    return number(text) + (also === undefined ? 0 : number(also));
  });

async function readCounts(
  editor: FrameLocator,
  read: (text: string | null) => number,
): Promise<Map<string, number>> {
  await editor.locator('.legend [data-kind] .count').first().waitFor();
  const entries = await editor.locator('.legend [data-kind]').all();
  const counts = await Promise.all(
    entries.map(async (entry): Promise<[string, number]> => {
      const kind = (await entry.getAttribute('data-kind')) ?? '';
      return [kind, read(await entry.locator('.count').textContent())];
    }),
  );
  return new Map(counts.filter(([, count]) => count > 0));
}

/** The number in a text such as "4,506 corruptions". */
export const number = (text: string | null): number =>
  Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));
