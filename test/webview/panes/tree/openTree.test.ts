import { describe, expect, it } from 'vitest';
import { placeholder, OpenTree } from '../../../../webview/panes/tree/openTree.js';
import type { TreePage, TreeQuery } from '../../../../src/core/tree/node.js';

/** A tree in which the node `a/b` has b children; a path that ends in 13 cannot be read. */
function treeOf(roots: readonly number[]) {
  const asked: TreeQuery[] = [];
  const childrenOf = (path: string): readonly number[] =>
    path === '' ? roots : Array.from({ length: Number(path.split('/').at(-1)) }, (_, i) => i);
  const structure = (query: TreeQuery): Promise<TreePage> => {
    asked.push(query);
    if (query.path.endsWith('13')) return Promise.reject(new Error('no such luck'));
    const children = childrenOf(query.path);
    const nodes = children.slice(query.from, query.from + query.count).map((name) => ({
      id: query.path === '' ? String(name) : `${query.path}/${name}`,
      label: String(name),
      value: '',
      raw: undefined,
      offset: undefined,
      size: undefined,
      target: undefined,
      expandable: true,
      trouble: undefined,
    }));
    return Promise.resolve({ total: children.length, nodes });
  };
  const tree = new OpenTree(structure);
  const settle = async (): Promise<void> => {
    tree.fetch(0, Math.min(tree.length, 60));
    await Promise.resolve();
    await Promise.resolve();
  };
  const ids = (): (string | undefined)[] =>
    Array.from({ length: tree.length }, (_, index) => tree.row(index).node?.id);
  return { tree, asked, settle, ids };
}

describe('the tree', () => {
  it('shows the children of open nodes in their place', async () => {
    const { tree, settle, ids } = treeOf([2, 3, 1]);
    expect(placeholder(tree.row(0))).toBe('Loading…');
    await settle();
    tree.open(1);
    await settle();
    tree.open(4);
    await settle();
    tree.open(0);
    await settle();
    expect(ids()).toEqual(['2', '2/0', '2/1', '3', '3/0', '3/1', '3/2', '3/2/0', '3/2/1', '1']);
    expect(Array.from({ length: 10 }, (_, index) => tree.row(index).level)).toEqual([
      1, 2, 2, 1, 2, 2, 2, 3, 3, 1,
    ]);
    for (let index = 0; index < 10; index++) expect(tree.indexOf(tree.row(index))).toBe(index);
    tree.close(3);
    expect(ids()).toEqual(['2', '2/0', '2/1', '3', '1']);
  });

  it('fetches only what is in sight, once', async () => {
    const { tree, asked, settle } = treeOf([100_000]);
    await settle();
    tree.open(0);
    await settle();
    expect(tree.length).toBe(100_001);
    asked.length = 0;
    tree.fetch(50_000, 50_030);
    tree.fetch(50_000, 50_030);
    expect(asked).toEqual([
      { path: '100000', from: 49_900, count: 100 },
      { path: '100000', from: 50_000, count: 100 },
    ]);
    await settle();
    expect(tree.row(50_001).node?.id).toBe('100000/50000');
  });

  it('keeps the selection on its node, and gives it to the one that is closed over it', async () => {
    const { tree, settle } = treeOf([2, 3]);
    await settle();
    tree.open(1);
    await settle();
    tree.select(3);
    tree.open(0);
    await settle();
    expect(tree.selected).toBe(5);
    expect(tree.row(5).node?.id).toBe('3/1');
    tree.close(3);
    expect(tree.row(tree.selected ?? -1).node?.id).toBe('3');
  });

  it('says why a node shows nothing', async () => {
    const { tree, settle } = treeOf([0, 13]);
    await settle();
    tree.open(0);
    tree.open(2);
    await settle();
    expect(placeholder(tree.row(1))).toBe('Nothing here but zeros');
    expect(placeholder(tree.row(3))).toBe('no such luck');
  });

  it('forgets everything with another image', async () => {
    const { tree, settle } = treeOf([2]);
    await settle();
    tree.open(0);
    tree.select(0);
    tree.reset();
    expect(tree.selected).toBeUndefined();
    expect(tree.length).toBe(1);
    await settle();
    expect(tree.row(0).isOpen).toBe(false);
  });
});
