import type { Bytes, HostOffset } from '../units.js';

/** One line of the tree. Every text may come out of a hostile image. */
export interface TreeNode {
  /** Path from the root, to ask for what lies below: `l1/12/407`. */
  readonly id: string;
  /** The field as the specification calls it, or the index of an entry. */
  readonly label: string;
  /** What it says, for people. */
  readonly value: string;
  /** The bytes as the file has them, two hexadecimal digits each; undefined for what is no field. */
  readonly raw: string | undefined;
  readonly offset: HostOffset | undefined;
  readonly size: Bytes | undefined;
  /** What it points at. */
  readonly target: HostOffset | undefined;
  readonly expandable: boolean;
  /** What is wrong here, in words. */
  readonly trouble: string | undefined;
}

/** Asks for children `from` … `from + count - 1` of the node with this path; the root's path is ''. */
export interface TreeQuery {
  readonly path: string;
  readonly from: number;
  readonly count: number;
}

/** The way to a node: of each on the way its place among its siblings, of which there are `total`. */
export type TreePlace = readonly {
  readonly id: string;
  readonly position: number;
  readonly total: number;
}[];

export interface TreePage {
  /** All children that the node has. */
  readonly total: number;
  readonly nodes: readonly TreeNode[];
}
