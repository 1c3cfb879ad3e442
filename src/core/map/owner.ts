import type { Kind } from './kinds.js';
import { hex } from '../bytes.js';
import type { GuestOffset, HostOffset } from '../units.js';

/** Which L1 table an owner hangs from: the active one, or that of a snapshot. */
export type TableOf = { readonly snapshot: undefined } | { readonly snapshot: SnapshotName };

export interface SnapshotName {
  /** Position in the snapshot table. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
}

/** What is pointed to. */
interface Target {
  /** Why it cannot be read, if it cannot. */
  readonly unreadable?: string;
}

/** One claim on a host cluster: who refers to it, as data. */
export type Owner =
  | { readonly type: 'main-header' }
  | ({ readonly type: 'l1-table' } & TableOf & Target)
  | ({
      readonly type: 'l2-table';
      readonly l1Index: number;
      readonly entryOffset: HostOffset;
    } & TableOf)
  | ({
      readonly type: 'l2-entry';
      readonly l1Index: number;
      readonly l2Index: number;
      /** Offset of the guest cluster on the virtual disk. */
      readonly guestOffset: GuestOffset;
      /** Where the entry itself lies in the file. */
      readonly entryOffset: HostOffset;
      /** The entry's 64 bits, `0x…`. */
      readonly entry: string;
      readonly kind: Extract<Kind, 'data' | 'compressed' | 'vm-state'>;
      /** The guest reads zeros here, though the cluster stays allocated. */
      readonly readsZero: boolean;
    } & TableOf)
  | ({ readonly type: 'refcount-table' } & Target)
  | ({
      readonly type: 'refcount-block';
      readonly index: number;
      readonly entryOffset: HostOffset;
    } & Target)
  | ({ readonly type: 'snapshot-table' } & Target)
  | ({ readonly type: 'bitmap-directory' } & Target)
  | ({ readonly type: 'bitmap-table'; readonly bitmap: string } & Target)
  | ({
      readonly type: 'bitmap-data';
      readonly bitmap: string;
      readonly index: number;
      readonly entryOffset: HostOffset;
    } & Target)
  | ({ readonly type: 'crypto-header' } & Target);

/** What an owner takes a cluster for. */
export function kindOfOwner(owner: Owner): Kind {
  switch (owner.type) {
    case 'l1-table':
      return owner.snapshot ? 'inactive-l1' : 'active-l1';
    case 'l2-table':
      return owner.snapshot ? 'inactive-l2' : 'active-l2';
    case 'l2-entry':
      return owner.kind;
    default:
      return owner.type;
  }
}

function ofTable(table: TableOf): string {
  return table.snapshot ? ` of snapshot '${table.snapshot.name}'` : '';
}

/** The owner in words, as QEMU's developers would name it, and why it cannot be read, if so. */
export function describeOwner(owner: Owner): string {
  const unreadable = 'unreadable' in owner ? owner.unreadable : undefined;
  return unreadable === undefined
    ? nameOfOwner(owner)
    : `${nameOfOwner(owner)}, which cannot be read: ${unreadable}`;
}

function nameOfOwner(owner: Owner): string {
  switch (owner.type) {
    case 'main-header':
      return 'header';
    case 'l1-table':
      return owner.snapshot ? `L1 table${ofTable(owner)}` : 'active L1 table';
    case 'l2-table':
      return `L2 table of L1 entry ${owner.l1Index}${ofTable(owner)}`;
    case 'l2-entry':
      return (
        `L2 entry ${owner.l2Index} of L1 entry ${owner.l1Index}${ofTable(owner)} ` +
        `(guest offset ${hex(owner.guestOffset)}${owner.readsZero ? ', reads as zero' : ''})`
      );
    case 'refcount-table':
      return 'refcount table';
    case 'refcount-block':
      return `refcount block ${owner.index}`;
    case 'snapshot-table':
      return 'snapshot table';
    case 'bitmap-directory':
      return 'bitmap directory';
    case 'bitmap-table':
      return `table of bitmap '${owner.bitmap}'`;
    case 'bitmap-data':
      return `data of bitmap '${owner.bitmap}' (table entry ${owner.index})`;
    case 'crypto-header':
      return 'LUKS header';
  }
}
