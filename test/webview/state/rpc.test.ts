import { describe, expect, it } from 'vitest';
import type { Question } from '../../../src/protocol/rpc.js';
import { Rpc } from '../../../webview/state/rpc.js';
import { hostCluster } from '../../../src/core/units.js';

describe('questions', () => {
  it('are answered by the reply of the same number, in any order', async () => {
    const sent: Question[] = [];
    const rpc = new Rpc((request) => sent.push(request));
    const first = rpc.ask('findings', { from: 0, count: 10, severity: undefined });
    const second = rpc.ask('tile', {
      view: 'host',
      layer: 'kinds',
      curve: 'rows',
      level: 0,
      x: 0,
      y: 0,
    });
    const tile = { generation: 3, cells: { type: 'uniform', glyph: 0, mask: 1 << 15 } } as const;
    rpc.receive({ type: 'reply', id: sent[1].id, ok: true, method: 'tile', value: tile });
    rpc.receive({
      type: 'reply',
      id: sent[0].id,
      ok: true,
      method: 'findings',
      value: { total: 0, findings: [] },
    });
    await expect(second).resolves.toEqual(tile);
    await expect(first).resolves.toEqual({ total: 0, findings: [] });
  });

  it('are rejected with the error of the host', async () => {
    const sent: Question[] = [];
    const rpc = new Rpc((request) => sent.push(request));
    const asked = rpc.ask('cluster', { cluster: hostCluster(7) });
    rpc.receive({ type: 'reply', id: sent[0].id, ok: false, error: 'no such cluster' });
    await expect(asked).rejects.toThrow('no such cluster');
  });

  it('take no second reply', async () => {
    const sent: Question[] = [];
    const rpc = new Rpc((request) => sent.push(request));
    const asked = rpc.ask('cluster', { cluster: hostCluster(7) });
    rpc.receive({ type: 'reply', id: sent[0].id, ok: false, error: 'first' });
    rpc.receive({ type: 'reply', id: sent[0].id, ok: false, error: 'second' });
    await expect(asked).rejects.toThrow('first');
  });
});
