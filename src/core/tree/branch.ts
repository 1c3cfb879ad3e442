import type { TreeNode } from './node.js';
import { bytes, hostOffset, ifKnown } from '../units.js';

/** A node before it has a place in the tree, with the way to its children. */
export interface Branch {
  /** Names it among its siblings; has no slash. */
  readonly key: string;
  readonly label: string;
  readonly value: string;
  readonly raw?: string | undefined;
  readonly offset?: number | undefined;
  readonly size?: number | undefined;
  readonly target?: number | undefined;
  readonly trouble?: string | undefined;
  /** Reads what lies below; undefined for a leaf. */
  readonly open?: (() => Children) | undefined;
}

/** What lies below a node: told by position a page at a time, or found by key. */
export interface Children {
  readonly total: number;
  page(from: number, count: number): readonly Branch[];
  find(key: string): Branch | undefined;
  /** The position of a child. */
  position(key: string): number | undefined;
  /** The position of the child that has the byte at a host offset. */
  positionAt(offset: number): number | undefined;
}

/** Children that are few enough to be made all at once. */
export function fewChildren(branches: readonly Branch[]): Children {
  return {
    total: branches.length,
    page: (from, count) => branches.slice(from, from + count),
    find: (key) => branches.find((branch) => branch.key === key),
    position: (key) => found(branches.findIndex((branch) => branch.key === key)),
    positionAt: (at) =>
      found(
        branches.findIndex(
          ({ offset, size = 1 }) => offset !== undefined && offset <= at && at < offset + size,
        ),
      ),
  };
}

const found = (index: number): number | undefined => (index < 0 ? undefined : index);

/** The index that a key of an entry stands for, if it is below `length`. */
export function indexOf(key: string, length: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,9})$/.test(key)) return undefined;
  const index = Number(key);
  return index < length ? index : undefined;
}

export function nodeOf(parent: string, branch: Branch): TreeNode {
  const { key, label, value, raw, offset, size, target, trouble, open } = branch;
  const id = parent === '' ? key : `${parent}/${key}`;
  return {
    ...{ id, label, value, raw, trouble, expandable: open !== undefined },
    offset: ifKnown(offset, hostOffset),
    size: ifKnown(size, bytes),
    target: ifKnown(target, hostOffset),
  };
}
