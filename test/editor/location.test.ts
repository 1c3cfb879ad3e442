import { expect, test } from 'vitest';
import { parseLocation } from '../../src/editor/location.js';

const extent = { clusterBits: 16, hostClusters: 1000 };

test.each([
  ['cluster 12', 12],
  ['Cluster 0x1f', 31],
  ['cluster 1,000', 1000],
  ['0x50000', 5],
  ['0x5ffff', 5],
  ['0XA0000', 10],
  ['327680', 5],
  ['327,680', 5],
  ['64K', 1],
  ['63k', 0],
  [' 1.5 MiB ', 24],
  ['1G', 16384],
])('%s', (text, cluster) => {
  const type = cluster < extent.hostClusters ? 'found' : 'past-end';
  expect(parseLocation(text, extent)).toEqual({ type, cluster });
});

test.each(['', 'cluster', '-5', '0x', 'x50000', '12 34', '5Q', '1.5', 'cluster 1.5', '1e3'])(
  '%j is not a place',
  (text) => {
    expect(parseLocation(text, extent)).toEqual({ type: 'malformed' });
  },
);
