import type { FrameLocator } from 'playwright-core';

/** Waits for the scan and reads the counts: clusters of each kind that there are any of. */
export async function legendCounts(editor: FrameLocator): Promise<Map<string, number>> {
  await editor.locator('.legend [data-kind] .count').first().waitFor();
  const entries = await editor.locator('.legend [data-kind]').all();
  const counts = await Promise.all(
    entries.map(async (entry): Promise<[string, number]> => {
      const kind = (await entry.getAttribute('data-kind')) ?? '';
      return [kind, number(await entry.locator('.count').textContent())];
    }),
  );
  return new Map(counts.filter(([, count]) => count > 0));
}

/** The number in a text such as "4,506 corruptions". */
export const number = (text: string | null): number =>
  Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));
