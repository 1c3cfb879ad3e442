import { expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import { ImageSession } from '../../src/session/imageSession.js';
import { fileBytes } from '../images/pieces.js';
import { smallImage } from './smallImage.js';
import { MACHINE } from './machine.js';

const bytes = fileBytes(smallImage());

function opened(contents = bytes): ImageSession {
  const session = new ImageSession(memorySource(contents), 'a.qcow2', () => undefined, MACHINE);
  session.start();
  return session;
}

test('comes when it has been asked for and the scan is over', () => {
  const session = opened();
  const first = session.service.diagnosis({});
  expect(first.state).toBe('computing');
  while (session.advance(10));
  // Asking sets it going.
  expect(session.service.diagnosis({}).state).toBe('computing');
  while (session.advance(10));
  const answer = session.service.diagnosis({});
  if (answer.state !== 'diagnosed') throw new Error(`expected a diagnosis, found ${answer.state}`);
  // Two clusters are leaked, and nothing else is wrong.
  expect(answer.diagnosis).toMatchObject({ verdict: 'waste' });
  expect(answer.diagnosis.causes.map(({ id }) => id)).toContain('leaks');
  expect(structuredClone(answer)).toEqual(answer);
});

test('there is none of a scan that was stopped', () => {
  const session = opened();
  session.cancel();
  expect(session.service.diagnosis({})).toEqual({
    state: 'failed',
    message: 'the scan was stopped',
  });
});

test('of an image that cannot be scanned it says why', () => {
  const session = opened(bytes.slice(0, 20));
  expect(session.service.diagnosis({}).state).toBe('computing');
  while (session.advance(10));
  const answer = session.service.diagnosis({});
  expect(answer).toMatchObject({ state: 'diagnosed', diagnosis: { verdict: 'unreadable' } });
});
