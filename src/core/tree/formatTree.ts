import { hex } from '../bytes.js';
import type { Owner } from '../map/owner.js';
import type { EntryTable } from '../qcow2/entryTable.js';
import { type Image, isMappable, type MappableImage } from '../qcow2/image.js';
import { bitmapEntries, bitmapsExtension } from './bitmaps.js';
import { type Branch, type Children, fewChildren, nodeOf } from './branch.js';
import { extensionList } from './extensions.js';
import { pointer } from './fields.js';
import { headerBytes, headerFields } from './header.js';
import { l1Entries } from './l1Table.js';
import { luksFields } from './luks.js';
import type { TreePage, TreePlace, TreeQuery } from './node.js';
import { keysOf } from './ownerKeys.js';
import { refcountEntries } from './refcountTable.js';
import { snapshotEntries } from './snapshots.js';
import { exactSizeText, plural } from '../numbers.js';
import type { HostOffset } from '../units.js';
import { troubles } from './words.js';

/** Nodes whose children are remembered: as many as a path has parts, and some more. */
const REMEMBERED = 12;

/** The tree of everything that an image's bytes say, read as it is asked for. */
export class FormatTree {
  readonly #image: Image;
  /** By path, the one used last at the end. */
  readonly #open = new Map<string, Children>();

  constructor(image: Image) {
    this.#image = image;
  }

  /** Throws for a path that leads nowhere, and on an I/O error; never for what the image says. */
  page({ path, from, count }: TreeQuery): TreePage {
    const children = this.#childrenOf(path);
    const nodes = children.page(from, count).map((branch) => nodeOf(path, branch));
    return { total: children.total, nodes };
  }

  /**
   * The way to the node that says what an owner is; where that is a table, and the byte at `offset`
   * is in one of its entries, to the entry. As far as it leads. Throws on an I/O error.
   */
  place(owner: Owner, offset: HostOffset): TreePlace {
    const steps: TreePlace[number][] = [];
    let path = '';
    for (const key of keysOf(owner, this.#image)) {
      const children = this.#childrenOf(path);
      const position = children.position(key);
      if (position === undefined) return steps;
      path = path === '' ? key : `${path}/${key}`;
      steps.push({ id: path, position, total: children.total });
    }
    const parent = steps.at(-1);
    if (parent === undefined || !this.#isOpen(path)) return steps;
    const children = this.#childrenOf(path);
    const position = children.positionAt(offset);
    if (position === undefined) return steps;
    const [{ id }] = children.page(position, 1).map((branch) => nodeOf(path, branch));
    return [...steps, { id, position, total: children.total }];
  }

  #isOpen(path: string): boolean {
    const slash = path.lastIndexOf('/');
    const parent = this.#childrenOf(path.slice(0, Math.max(0, slash)));
    return parent.find(path.slice(slash + 1))?.open !== undefined;
  }

  #childrenOf(path: string): Children {
    const known = this.#open.get(path);
    const children = known ?? this.#read(path);
    this.#open.delete(path);
    this.#open.set(path, children);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= REMEMBERED) break;
      this.#open.delete(oldest);
    }
    return children;
  }

  #read(path: string): Children {
    if (path === '') return fewChildren(roots(this.#image));
    const slash = path.lastIndexOf('/');
    const parent = this.#childrenOf(path.slice(0, Math.max(0, slash)));
    const open = parent.find(path.slice(slash + 1))?.open;
    if (!open) throw new Error(`there is nothing below '${path}'`);
    return open();
  }
}

function roots(image: Image): Branch[] {
  const fields = headerFields(image);
  const extensions = extensionList(image);
  const header: Branch = {
    key: 'header',
    label: 'Header',
    value: exactSizeText(headerBytes(image)),
    offset: 0,
    size: headerBytes(image),
    trouble: troublesBelow(fields, 'field'),
    open: () => fewChildren(fields),
  };
  if (image.foreign) return [header];
  const inHeader: Branch[] = [
    header,
    {
      key: 'extensions',
      label: 'Header extensions',
      value: plural(extensions.length, 'extension'),
      trouble: troublesBelow(extensions, 'extension'),
      open: extensions.length === 0 ? undefined : () => fewChildren(extensions),
    },
  ];
  return isMappable(image) ? [...inHeader, ...tables(image)] : inHeader;
}

function tables(image: MappableImage): Branch[] {
  const all = [l1(image), refcounts(image), snapshots(image), bitmaps(image), luks(image)];
  return all.filter((branch) => branch !== undefined);
}

function troublesBelow(branches: readonly Branch[], what: string): string | undefined {
  const count = branches.filter((branch) => branch.trouble !== undefined).length;
  return count === 0 ? undefined : `${plural(count, what)} with something wrong`;
}

/** What is wrong with a table as a whole; its fields in the header are named there. */
const problemAt = (image: Image, offset: number): string | undefined =>
  offset === 0
    ? undefined
    : troubles(...image.problems.filter((p) => p.offset === offset).map((p) => p.message));

const l1 = (image: MappableImage): Branch =>
  tableBranch(image, 'l1', 'Active L1', image.l1, () =>
    l1Entries(image, image.l1, image.geometry.l1DiskEntries),
  );

const refcounts = (image: MappableImage): Branch =>
  tableBranch(image, 'refcounts', 'Refcount table', image.refcountTable, () =>
    refcountEntries(image),
  );

const tableBranch = (
  image: MappableImage,
  key: string,
  label: string,
  { offset, length }: EntryTable,
  open: () => Children,
): Branch => ({
  ...{ key, label, offset, open },
  value: plural(length, 'entry', 'entries'),
  size: length * 8,
  trouble: problemAt(image, offset),
});

function snapshots(image: MappableImage): Branch | undefined {
  const count = image.header.number('nb_snapshots');
  if (count === 0) return undefined;
  return {
    key: 'snapshots',
    label: 'Snapshot table',
    value: plural(count, 'snapshot'),
    offset: pointer(image.header.value('snapshots_offset')),
    size: image.snapshotTable.size === 0 ? undefined : image.snapshotTable.size,
    trouble: image.snapshotFailure?.messages[0],
    open: () => snapshotEntries(image),
  };
}

function bitmaps(image: MappableImage): Branch | undefined {
  const extension = bitmapsExtension(image);
  if (!extension) return undefined;
  return {
    key: 'bitmaps',
    label: 'Bitmap directory',
    value: plural(extension.count, 'bitmap'),
    offset: pointer(extension.directoryOffset),
    size: Number(extension.directorySize),
    trouble: troubles(
      image.bitmaps?.failure?.message,
      !image.bitmaps && 'QEMU honours none of them: all are inconsistent',
    ),
    open: () => bitmapEntries(image),
  };
}

function luks({ crypto, source }: MappableImage): Branch | undefined {
  if (!crypto) return undefined;
  const offset = pointer(crypto.offset);
  const inFile = offset !== undefined && offset < source.size;
  return {
    key: 'luks',
    label: 'LUKS header',
    value: exactSizeText(crypto.length),
    offset,
    size: Number(crypto.length),
    trouble: inFile ? undefined : `${hex(crypto.offset)} is past the end of the file`,
    open: inFile ? () => fewChildren(luksFields(source, offset, crypto.length)) : undefined,
  };
}
