import { DEFAULT_CACHES, DEFAULT_OVERLAP } from '../session/defaults.js';
import { expect, test } from 'vitest';
import { ChosenWorkloads } from '../../src/editor/chosenWorkloads.js';
import { fromWebview } from '../../src/editor/validate.js';
import type { Request } from '../../src/protocol/rpc.js';

/** A question as a webview asks it. */
function asked(method: string, query: unknown): Request {
  const message = fromWebview({ type: 'request', request: { id: 1, method, query } });
  if (message?.type !== 'request') throw new Error(`not of the protocol: ${method}`);
  return message.request;
}

const lab = (workload: unknown): Request =>
  asked('caches', {
    workload,
    caches: DEFAULT_CACHES,
    overlap: DEFAULT_OVERLAP,
    cache: 'writeback',
    onMap: false,
  });

test('a webview has no file opened as a workload but those that the user has chosen', () => {
  const chosen = new ChosenWorkloads();
  chosen.add('/traces/mail.iolog');
  expect(chosen.refusal(lab({ kind: 'file', file: '/traces/mail.iolog' }))).toBeUndefined();
  expect(chosen.refusal(lab({ kind: 'pattern', text: '/etc/passwd' }))).toBeUndefined();
  expect(chosen.refusal(asked('tree', { path: '', from: 0, count: 1 }))).toBeUndefined();
  for (const file of ['/etc/passwd', '/traces/../etc/passwd', '/traces/mail.iolog/', ''])
    expect(chosen.refusal(lab({ kind: 'file', file }))).toContain('has not been chosen');
});
