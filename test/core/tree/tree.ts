import type { TreeNode } from '../../../src/core/tree/node.js';
import { FormatTree } from '../../../src/core/tree/formatTree.js';
import type { SparseFile } from '../../images/pieces.js';
import { opened } from '../opened.js';

export const structuresOf = (file: SparseFile): FormatTree => new FormatTree(opened(file));

/** All children of a node, asked for in small pages. */
export function childrenOf(structures: FormatTree, path: string, pageSize = 100): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (;;) {
    const page = structures.page({ path, from: nodes.length, count: pageSize });
    nodes.push(...page.nodes);
    if (page.nodes.length < pageSize) {
      if (nodes.length !== page.total)
        throw new Error(`${path}: ${nodes.length} nodes of ${page.total}`);
      return nodes;
    }
  }
}

/** The child of a node with this label. */
export function child(structures: FormatTree, path: string, label: string): TreeNode {
  const found = childrenOf(structures, path).find((node) => node.label === label);
  if (!found) throw new Error(`nothing called '${label}' below '${path}'`);
  return found;
}

/** Every node below a path; of each list the first `count` only. */
export function* everyNode(
  structures: FormatTree,
  count: number,
  path = '',
): Generator<TreeNode, void> {
  for (const node of structures.page({ path, from: 0, count }).nodes) {
    yield node;
    if (node.expandable) yield* everyNode(structures, count, node.id);
  }
}
