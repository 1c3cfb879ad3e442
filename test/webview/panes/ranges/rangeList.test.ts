import { expect, it, vi } from 'vitest';
import { RangeList } from '../../../../webview/panes/ranges/rangeList.js';
import { hostedSample } from '../../harness/hostedImages.js';
import type { Query } from '../../../../src/protocol/questions.js';
import { hostCluster } from '../../../../src/core/units.js';

const { service } = hostedSample('database-damaged.qcow2');

function openList(): { list: RangeList; ask: ReturnType<typeof vi.fn<typeof service.ranges>> } {
  const ask = vi.fn(service.ranges.bind(service));
  return { list: new RangeList((query: Query<'ranges'>) => Promise.resolve(ask(query))), ask };
}

it('fetches what is in sight, once', async () => {
  const { list, ask } = openList();
  list.fetch(0, 0);
  await expect.poll(() => list.total.value).toBeGreaterThan(120);
  list.fetch(90, 120);
  await expect.poll(() => list.range(119)).toBeDefined();
  list.fetch(0, 120);
  expect(ask).toHaveBeenCalledTimes(2);
  const { runs } = service.ranges({
    filter: undefined,
    order: 'place',
    from: 119,
    count: 1,
    at: undefined,
  });
  expect(list.range(119)).toEqual(runs[0]);
});

it('begins anew with another filter', async () => {
  const { list } = openList();
  list.fetch(0, 10);
  await expect.poll(() => list.total.value).toBeDefined();
  list.setFilter({ type: 'kind', kind: 'active-l2' });
  expect(list.total.value).toBeUndefined();
  list.fetch(0, 10);
  await expect.poll(() => list.range(0)?.types).toContain('active-l2');
});

it('chooses the range of a cluster, if that is listed', async () => {
  const { list } = openList();
  await list.chooseAt(hostCluster(160), 65_536);
  const chosen = list.range(list.chosen.value ?? -1);
  expect(chosen && chosen.offset <= 160 * 65_536).toBe(true);
  expect(chosen && chosen.offset + chosen.clusters * 65_536 > 160 * 65_536).toBe(true);
  list.setFilter({ type: 'kind', kind: 'active-l2' });
  await list.chooseAt(hostCluster(160), 65_536);
  expect(list.chosen.value).toBeUndefined();
});

it('keeps what has been chosen since, when an answer comes late', async () => {
  const { list } = openList();
  list.fetch(0, 10);
  await expect.poll(() => list.total.value).toBeDefined();
  const late = list.chooseAt(hostCluster(160), 65_536);
  list.choose(1);
  await late;
  expect(list.chosen.value).toBe(1);
});
