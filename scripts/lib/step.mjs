/** How often a step that goes on says so where the line cannot be rewritten, in seconds. */
const EVERY = 15;

/**
 * Carries out a step that takes a while: says what it is, how long it has been at it, and in the
 * end how long it took.
 * @template T
 * @param {string} what such as "Installing the npm packages"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 1000);
  const { isTTY } = process.stdout;
  /** @param {string} text */
  const show = (text) => process.stdout.write(isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  show(`${what} …`);
  const timer = setInterval(() => show(`${what} … ${seconds()} s`), (isTTY ? 1 : EVERY) * 1000);
  try {
    const result = await work();
    show(`${what}: done in ${seconds()} s`);
    if (isTTY) process.stdout.write('\n');
    return result;
  } catch (error) {
    show(`${what}: failed after ${seconds()} s`);
    if (isTTY) process.stdout.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
