import { describe, expect, it } from 'vitest';
import { Inspection } from '../../../src/core/inspect/inspection.js';
import type { Owner } from '../../../src/core/map/owner.js';
import { FormatTree } from '../../../src/core/tree/formatTree.js';
import type { TreeNode } from '../../../src/core/tree/node.js';
import { hostCluster, hostOffset } from '../../../src/core/units.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import type { SparseFile } from '../../images/pieces.js';
import { scanned } from '../opened.js';

const CLUSTER = 4096;

const everything = (): SparseFile => {
  const builder = new ImageBuilder({ virtualSize: 2 ** 26, clusterBits: 12 })
    .write(0, 700)
    .snapshot({ name: 'a', vmState: new Uint8Array(3 * CLUSTER) })
    .write(3, 9)
    .zero(50, 20)
    .compress(900, new Uint8Array(CLUSTER))
    .snapshot({ name: 'b' })
    .write(2000, 3);
  builder.bitmap({ name: 'c', granularityBits: 16, dirty: [[0, 9]] });
  builder.bitmap({ name: 'd', granularityBits: 12, dirty: [[5, 900]] });
  return layOut(builder);
};

/** The node that a way leads to; throws where the tree has another one there. */
function nodeAt(tree: FormatTree, place: ReturnType<FormatTree['place']>): TreeNode {
  let path = '';
  let node: TreeNode | undefined;
  for (const { id, position, total } of place) {
    const page = tree.page({ path, from: position, count: 1 });
    [node] = page.nodes;
    expect({ id: node.id, total: page.total }).toEqual({ id, total });
    path = id;
  }
  if (!node) throw new Error('the way leads nowhere');
  return node;
}

describe('the way to what a cluster is', () => {
  const scan = scanned(everything());
  const tree = new FormatTree(scan.image);
  const inspection = new Inspection(scan);

  it('leads to a node that lies there or points there, for every owner', () => {
    const types = new Set<Owner['type']>();
    for (let cluster = 0; cluster < scan.map.clusters; cluster++) {
      const start = cluster * CLUSTER;
      for (const owner of inspection.cluster(hostCluster(cluster)).owners) {
        types.add(owner.type);
        const node = nodeAt(tree, tree.place(owner, hostOffset(start)));
        const isHere = (offset: number | undefined): boolean =>
          offset !== undefined && offset >= start && offset < start + CLUSTER;
        // A table may begin in a cluster before; and of compressed data the last byte may be here.
        const reaches =
          node.offset !== undefined &&
          node.offset <= start &&
          node.offset + (node.size ?? 0) > start;
        const spans = node.value.startsWith('compressed') && isHere(Number(node.target) + CLUSTER);
        expect(
          isHere(node.offset) || isHere(node.target) || reaches || spans,
          `cluster ${String(cluster)}, ${owner.type}: ${node.id}`,
        ).toBe(true);
      }
    }
    expect([...types].sort()).toEqual([
      ...['bitmap-data', 'bitmap-directory', 'bitmap-table', 'l1-table', 'l2-entry', 'l2-table'],
      ...['main-header', 'refcount-block', 'refcount-table', 'snapshot-table'],
    ]);
  });

  it('goes on to the entry that has the byte', () => {
    let entries = 0;
    for (let cluster = 0; cluster < scan.map.clusters; cluster++)
      for (const owner of inspection.cluster(hostCluster(cluster)).owners) {
        if (owner.type !== 'l2-entry' && owner.type !== 'l2-table') continue;
        const at = hostOffset(owner.entryOffset + 5);
        const [table] = inspection.cluster(hostCluster(Math.floor(at / CLUSTER))).owners;
        const node = nodeAt(tree, tree.place(table, at));
        if (owner.snapshot === undefined) entries++;
        expect([node.offset, node.size]).toEqual([owner.entryOffset, 8]);
      }
    expect(entries).toBeGreaterThan(600);
    const field = nodeAt(tree, tree.place({ type: 'main-header' }, hostOffset(26)));
    expect(field.label).toBe('size');
    const refcounts = nodeAt(tree, tree.place({ type: 'refcount-table' }, hostOffset(CLUSTER + 3)));
    expect(refcounts.id).toMatch(/^refcounts\/0/);
  });

  it('ends at the table, where its entry is zero', () => {
    const owner = inspection
      .cluster(hostCluster(0))
      .owners.find(({ type }) => type === 'main-header');
    expect(owner).toBeDefined();
    const [l2] = [...Array(scan.map.clusters).keys()].flatMap((cluster) =>
      inspection
        .cluster(hostCluster(cluster))
        .owners.flatMap((each) =>
          each.type === 'l2-table' && each.l1Index === 1 && !each.snapshot
            ? [{ cluster, each }]
            : [],
        ),
    );
    const place = tree.place(l2.each, hostOffset(l2.cluster * CLUSTER + CLUSTER - 8));
    expect(place.map(({ id }) => id)).toEqual(['l1', 'l1/1']);
  });
});
