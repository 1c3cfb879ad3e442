import { effect, signal, untracked } from '@preact/signals';
import { paneState } from '../../state/paneState.js';
import type { TreeNode, TreePage, TreePlace, TreeQuery } from '../../../src/core/tree/node.js';
import { messageOf } from '../../../src/core/text.js';
import type { HostCluster } from '../../../src/core/units.js';

/** Children asked for at a time. */
const PAGE = 100;

/** A node that is open: its children, as far as they have been fetched. */
export interface OpenNode {
  readonly path: string;
  /** Where it is a child itself; undefined for the root, which has no row. */
  readonly place: NodePlace | undefined;
  /** Undefined until the first page is there. */
  total: number | undefined;
  failure: string | undefined;
  /** By number of the page; an empty one has been asked for. */
  readonly pages: Map<number, readonly TreeNode[]>;
  /** Children that are open, by position. */
  readonly open: Map<number, OpenNode>;
}

/** A child of an open node, fetched or not. */
export interface NodePlace {
  readonly parent: OpenNode;
  readonly position: number;
}

/** A row of the tree as it is shown. */
export interface Row extends NodePlace {
  /** 1 for the roots. */
  readonly level: number;
  /** Undefined until it has been fetched, and where there is a word in its place. */
  readonly node: TreeNode | undefined;
  readonly isOpen: boolean;
}

const fresh = (path: string, place: NodePlace | undefined): OpenNode => ({
  path,
  place,
  total: undefined,
  failure: undefined,
  pages: new Map(),
  open: new Map(),
});

/**
 * The tree as far as the user has opened it. A node may have a million children: only
 * open nodes are kept, each with the pages that were in sight.
 */
export class OpenTree {
  readonly #page: (query: TreeQuery) => Promise<TreePage>;
  #root = fresh('', undefined);
  #selected: NodePlace | undefined;
  /** The selected cluster that the tree has shown last. */
  followed: HostCluster | undefined;
  readonly #version = signal(0);

  constructor(page: (query: TreeQuery) => Promise<TreePage>) {
    this.#page = page;
  }

  /** Changes whenever the tree does. Whoever draws a part of the tree reads it, to draw it anew. */
  get version(): number {
    return this.#version.value;
  }

  /** Rows to show: those of all open nodes. */
  get length(): number {
    return rowsOf(this.#root);
  }

  /** Begins anew: another image. */
  reset(): void {
    this.#root = fresh('', undefined);
    this.#selected = undefined;
    this.followed = undefined;
    this.#changed();
  }

  row(index: number): Row {
    let open = this.#root;
    let level = 1;
    let rest = index;
    for (;;) {
      const found = within(open, rest);
      if (found.type === 'child') {
        const { position } = found;
        const place = { parent: open, position };
        return { ...place, level, node: nodeAt(place), isOpen: open.open.has(position) };
      }
      open = found.open;
      rest = found.rest;
      level++;
    }
  }

  /** Where the row of a child is. */
  indexOf({ parent, position }: NodePlace): number {
    let index = position;
    for (const [at, open] of parent.open) if (at < position) index += rowsOf(open);
    return parent.place === undefined ? index : index + this.indexOf(parent.place) + 1;
  }

  /** The row that is selected; undefined when none is. */
  get selected(): number | undefined {
    return this.#selected && this.indexOf(this.#selected);
  }

  get selectedNode(): TreeNode | undefined {
    return this.#selected && nodeAt(this.#selected);
  }

  select(index: number): void {
    const { parent, position } = this.row(index);
    this.#selected = { parent, position };
    this.#changed();
  }

  open(index: number): void {
    const { parent, position, node, isOpen } = this.row(index);
    if (isOpen || node?.expandable !== true) return;
    parent.open.set(position, fresh(node.id, { parent, position }));
    this.#changed();
  }

  /** Opens the way to a node, and selects it. */
  reveal(place: TreePlace): void {
    let parent = this.#root;
    for (const [step, { id, position, total }] of place.entries()) {
      parent.total = total;
      this.#selected = { parent, position };
      if (step === place.length - 1) break;
      const known = parent.open.get(position);
      const open = known ?? fresh(id, { parent, position });
      parent.open.set(position, open);
      parent = open;
    }
    this.#changed();
  }

  /** What is selected below the node gives the selection to it. */
  close(index: number): void {
    const { parent, position } = this.row(index);
    const closing = parent.open.get(position);
    if (!closing) return;
    for (let at = this.#selected; at; at = at.parent.place)
      if (at.parent === closing) this.#selected = { parent, position };
    parent.open.delete(position);
    this.#changed();
  }

  /** Asks for whatever of rows `first` … `last - 1` is not there yet. */
  fetch(first: number, last: number): void {
    const asked = Math.min(last, this.length);
    for (let index = first; index < asked; index++) {
      const { parent, position } = this.row(index);
      const page = Math.floor(position / PAGE);
      if (!parent.pages.has(page) && parent.failure === undefined) this.#ask(parent, page);
    }
  }

  #ask(open: OpenNode, page: number): void {
    open.pages.set(page, []);
    this.#page({ path: open.path, from: page * PAGE, count: PAGE }).then(
      ({ total, nodes }) => {
        open.total = total;
        open.pages.set(page, nodes);
        this.#changed();
      },
      (error: unknown) => {
        open.failure = messageOf(error);
        this.#changed();
      },
    );
  }

  #changed(): void {
    this.#version.value++;
  }
}

/** What stands in the one row of a node that has no children to show. */
export function placeholder({ parent }: Row): string {
  if (parent.failure !== undefined) return parent.failure;
  return parent.total === undefined ? 'Loading…' : 'Nothing here but zeros';
}

const nodeAt = ({ parent, position }: NodePlace): TreeNode | undefined =>
  parent.pages.get(Math.floor(position / PAGE))?.[position % PAGE];

/** Rows below an open node: one for a word at least. */
function rowsOf(open: OpenNode): number {
  let rows = Math.max(open.total ?? 0, 1);
  for (const child of open.open.values()) rows += rowsOf(child);
  return rows;
}

type Found =
  | { readonly type: 'child'; readonly position: number }
  | { readonly type: 'below'; readonly open: OpenNode; readonly rest: number };

/** What the row is, counted from the first one below an open node. */
function within(open: OpenNode, row: number): Found {
  let rest = row;
  for (const [position, child] of [...open.open].sort(([a], [b]) => a - b)) {
    if (rest <= position) break;
    const rows = rowsOf(child);
    if (rest <= position + rows) return { type: 'below', open: child, rest: rest - position - 1 };
    rest -= rows;
  }
  return { type: 'child', position: rest };
}

/** The tree of the editor's image. */
export const treeOf = paneState((store) => {
  const tree = new OpenTree((query) => store.rpc.ask('tree', query));
  effect(() => {
    if (store.facts.value)
      untracked(() => {
        tree.reset();
      });
  });
  return tree;
});
