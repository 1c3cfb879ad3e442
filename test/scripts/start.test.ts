import { spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/lib/ports.mjs';
import { inRoot, node24 } from '../../scripts/lib/repository.mjs';

const servers: Server[] = [];

/** Listens at a port, any for 0, until the test is over; the result is which. */
function listen(port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    servers.push(server);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map(
      (server) =>
        new Promise((resolve) => {
          server.close(resolve);
        }),
    ),
  );
});

/** `npm start` with these words, as far as it goes without a VS Code. */
function start(words: readonly string[], port?: string) {
  const { status, stdout, stderr } = spawnSync(node24, [inRoot('scripts/start.mjs'), ...words], {
    encoding: 'utf8',
    env: { ...process.env, ...(port === undefined ? {} : { PORT: port }) },
  });
  return { status, stdout, stderr };
}

describe('the port of npm start', () => {
  it('is one behind that which another program listens at', async () => {
    const taken = await listen();
    const found = await freePort(taken);
    expect(found).toBeGreaterThan(taken);
    expect(await listen(found)).toBe(found);
    expect(await freePort(taken)).toBeGreaterThan(found);
  });

  it('is any that is free for 0', async () => {
    const found = await freePort(0);
    expect(found).toBeGreaterThan(0);
    expect(await listen(found)).toBe(found);
  });

  it.each(['http', '-1', '70000', '80.5'])('is refused if it is %s', (port) => {
    const { status, stderr } = start([], port);
    expect(status).toBe(1);
    expect(stderr).toBe(`PORT=${port}: expected a number from 0 to 65535\n`);
  });
});

describe('npm start', () => {
  it.each(['--help', '-h'])('tells with %s what it takes', (word) => {
    const { status, stdout, stderr } = start([word]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const said of ['npm start -- IMAGE', 'npm start -- DIRECTORY', 'PORT=N'])
      expect(stdout).toContain(said);
  });

  it('refuses what is not there, and options that it does not have', () => {
    const missing = inRoot('no-such-folder');
    expect(start([missing])).toMatchObject({
      status: 1,
      stderr: `${missing}: no such file or folder\n`,
    });
    expect(start(['--folder'])).toMatchObject({ status: 1, stdout: '' });
    expect(start(['one', 'two'])).toMatchObject({ status: 1, stdout: '' });
  });

  it('takes a folder, and looks at the port next', () => {
    expect(start([inRoot('test')], 'none').stderr).toMatch(/^PORT=none: /);
  });
});
