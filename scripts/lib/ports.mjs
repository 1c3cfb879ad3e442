import { createServer } from 'node:net';

/**
 * The first port from `wanted` on that nobody listens at on the loopback interface; any for 0.
 * @param {number} wanted
 * @returns {Promise<number>}
 */
export async function freePort(wanted) {
  for (let port = wanted; port <= 0xffff; port++) {
    const found = await tried(port);
    if (found !== undefined) return found;
  }
  throw new Error(`there is no free port from ${wanted} on`);
}

/**
 * @param {number} port
 * @returns {Promise<number | undefined>} undefined when somebody has it, or we may not have it
 */
function tried(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      const given = address !== null && typeof address === 'object' ? address.port : undefined;
      probe.close(() => resolve(given));
    });
  });
}
