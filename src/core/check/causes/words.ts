import { hex } from '../../bytes.js';
import type { Kind } from '../../map/kinds.js';
import type { Owner } from '../../map/owner.js';
import type { Geometry } from '../../qcow2/geometry.js';
import { countText, spanInUnits } from '../../numbers.js';
import { bytesPerTable } from '../../guest/guestMap.js';
import type { ClaimEnd, GuestRange, Step } from './cause.js';

/** `'a'`, `'a' and 'b'`, `'a', 'b' and 3 more` */
export function namesText(names: readonly string[], most = 3): string {
  const told = names.slice(0, most).map((name) => `'${name}'`);
  if (names.length > most) told.push(`${countText(names.length - most)} more`);
  const last = told.pop() ?? '';
  return told.length === 0 ? last : `${told.join(', ')} and ${last}`;
}

/** `guest 0x50000`, `guest 0x50000 of snapshot 'a'` */
export const guestText = ({ start, snapshot }: Pick<GuestRange, 'start' | 'snapshot'>): string =>
  `guest ${hex(start)}${snapshot === undefined ? '' : ` of snapshot '${snapshot}'`}`;

/** A range of the disk: `8–8.5 GiB`; by its first byte, `0x200400000 on`, where units do not fit. */
export const spanText = ({ start, length }: Pick<GuestRange, 'start' | 'length'>): string =>
  spanInUnits(start, start + length) ?? `${hex(start)} on`;

/** What a kind of structure is to people, one of them. */
export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  'main-header': 'the header',
  'active-l1': 'the active L1 table',
  'active-l2': 'an L2 table of the disk',
  'refcount-table': 'the refcount table',
  'refcount-block': 'a refcount block',
  'snapshot-table': 'the snapshot table',
  'inactive-l1': "a snapshot's L1 table",
  'inactive-l2': "a snapshot's L2 table",
  'bitmap-directory': 'the bitmap directory',
  data: 'guest data',
  compressed: 'compressed guest data',
  'bitmap-table': "a bitmap's table",
  'bitmap-data': "a bitmap's data",
  'crypto-header': 'the LUKS header',
  'vm-state': "a snapshot's VM state",
};

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** One owner of a cluster as the end of a picture. */
export function claimEnd(owner: Owner, kind: Kind, geometry: Geometry): ClaimEnd {
  const snapshot = 'snapshot' in owner ? owner.snapshot?.name : undefined;
  const of = snapshot === undefined ? '' : ` of snapshot '${snapshot}'`;
  switch (owner.type) {
    case 'l2-entry': {
      const guest = { start: owner.guestOffset, length: geometry.clusterSize, snapshot };
      if (owner.kind === 'vm-state') return { kind, text: `VM state${of}`, guest: undefined };
      return { kind, text: guestText(guest), guest };
    }
    case 'l2-table': {
      const length = bytesPerTable(geometry);
      const guest = { start: owner.l1Index * length, length, snapshot };
      return { kind, text: `L2 table of ${spanText(guest)}${of}`, guest };
    }
    case 'l1-table':
      return { kind, text: snapshot === undefined ? 'active L1' : `L1${of}`, guest: undefined };
    case 'refcount-block':
      return { kind, text: `refcount block ${owner.index}`, guest: undefined };
    case 'bitmap-table':
    case 'bitmap-data':
      return { kind, text: `bitmap '${owner.bitmap}'`, guest: undefined };
    default:
      return { kind, text: KIND_WORDS[kind].replace(/^the /, ''), guest: undefined };
  }
}

/** Steps that many causes have. */
export const COPY: Step = {
  text: 'Copy the file first: everything else can then be tried on the copy',
  command: 'cp {image} {copy}',
};

export const SALVAGE: Step = {
  text: 'Write the disk, as far as it still reads, to a new image (without its snapshots); the old file stays as it is',
  command: 'qemu-img convert -f qcow2 --salvage -O qcow2 {image} {new}',
};

export const REPAIR_COPY: Step = {
  text: 'Repair the copy, and use it if it starts',
  command: 'qemu-img check -f qcow2 -r all {copy}',
};

export const CHECK_COPY: Step = {
  text: 'Check the copy: it should have no errors',
  command: 'qemu-img check -f qcow2 {copy}',
};

export const NO_VM: Step = {
  text: 'Start the VM, or let anything else write to the image',
  command: undefined,
};

export const NO_LEAKS_REPAIR = (text: string): Step => ({
  text,
  command: 'qemu-img check -f qcow2 -r leaks {image}',
});

export const NO_REPAIR = (text: string): Step => ({
  text,
  command: 'qemu-img check -f qcow2 -r all {image}',
});

/** Writes single bytes into the copy, whatever was there: by host offset. */
export function pokeStep(text: string, bytes: Iterable<readonly [number, number]>): Step {
  const writes = Array.from(
    bytes,
    ([offset, byte]) => `-c "write -P 0x${byte.toString(16)} ${offset} 1"`,
  );
  return { text, command: `qemu-io -f raw ${writes.join(' ')} {copy}` };
}
