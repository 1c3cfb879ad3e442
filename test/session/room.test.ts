import { expect, test } from 'vitest';
import { Room } from '../../src/session/room.js';

test('a room is loaded once, and again only after a failure', async () => {
  let loads = 0;
  const room = new Room(() => {
    loads++;
    return loads === 1 ? Promise.reject(new Error('no disk')) : Promise.resolve({ loads });
  });
  await expect(room.get()).rejects.toThrow('no disk');
  expect(room.known).toBeUndefined();
  const [first, second] = await Promise.all([room.get(), room.get()]);
  expect(first).toBe(second);
  expect(room.known).toBe(first);
  expect(loads).toBe(2);
});
