/**
 * Works for so many milliseconds, one step at least, or until a step says that it was the last.
 *
 * @param step does a little; false: there is nothing more to do
 * @returns whether there is more to do
 */
export function runSlice(milliseconds: number, step: () => boolean): boolean {
  const end = performance.now() + milliseconds;
  while (step()) if (performance.now() >= end) return true;
  return false;
}
