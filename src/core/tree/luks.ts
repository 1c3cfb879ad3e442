import { hex } from '../bytes.js';
import type { ByteSource } from '../byteSource.js';
import { type Branch, fewChildren } from './branch.js';
import { bytesField, numberField, textField } from './fields.js';
import { countText, exactSizeText, plural } from '../numbers.js';
import { troubles } from './words.js';

const MAGIC = '4c554b53babe';
const SECTOR = 512n;
const SLOTS_AT = 208;
const SLOTS = 8;
const SLOT_BYTES = 48;
const ENABLED = 0x00ac71f3n;
const DISABLED = 0x0000deadn;

/** Bytes of a LUKS version 1 header, without the key material. */
const LUKS_HEADER_BYTES = SLOTS_AT + SLOTS * SLOT_BYTES;

/**
 * The fields of the LUKS header at a host offset (LUKS On-Disk Format Specification, version 1.2).
 * QEMU writes version 1 only.
 *
 * @param length bytes that the extension gives to header and key material
 */
export function luksFields(source: ByteSource, offset: number, length: bigint): Branch[] {
  const magic = bytesField(source, 'magic', offset, 6);
  const isLuks = magic.raw === MAGIC;
  const first = {
    ...magic,
    value: isLuks ? 'LUKS\\xba\\xbe' : 'not LUKS',
    trouble: troubles(
      !isLuks && `expected ${MAGIC}`,
      length < BigInt(LUKS_HEADER_BYTES) && `a LUKS header has ${LUKS_HEADER_BYTES} bytes at least`,
    ),
  };
  if (!isLuks) return [first];
  return [
    first,
    numberField(source, 'version', offset + 6, 2, (value) => ({
      value: String(value),
      trouble: value === 1n ? undefined : 'expected 1',
    })),
    textField(source, 'cipher-name', offset + 8, 32),
    textField(source, 'cipher-mode', offset + 40, 32),
    textField(source, 'hash-spec', offset + 72, 32),
    numberField(source, 'payload-offset', offset + 104, 4, (value) => sectors(value)),
    numberField(source, 'key-bytes', offset + 108, 4, (value) => plural(value * 8n, 'bit')),
    bytesField(source, 'mk-digest', offset + 112, 20),
    bytesField(source, 'mk-digest-salt', offset + 132, 32),
    numberField(source, 'mk-digest-iter', offset + 164, 4, countText),
    textField(source, 'uuid', offset + 168, 40),
    ...Array.from({ length: SLOTS }, (_, slot) => keySlot(source, offset, length, slot)),
  ];
}

const sectors = (value: bigint): string =>
  `${plural(value, 'sector')}: ${exactSizeText(value * SECTOR)}`;

function keySlot(source: ByteSource, header: number, length: bigint, slot: number): Branch {
  const offset = header + SLOTS_AT + slot * SLOT_BYTES;
  const active = numberField(source, 'active', offset, 4, (value) => ({
    value: stateText(value),
    trouble:
      value === ENABLED || value === DISABLED
        ? undefined
        : `expected ${hex(ENABLED)} or ${hex(DISABLED)}`,
  }));
  const material = numberField(source, 'key-material-offset', offset + 40, 4, (value) => ({
    value: sectors(value),
    target: header + Number(value * SECTOR),
    trouble: value * SECTOR < length ? undefined : 'outside the encryption header',
  }));
  return {
    key: `slot-${slot}`,
    label: `Key slot ${slot}`,
    value: active.value,
    offset,
    size: SLOT_BYTES,
    target: material.target,
    trouble: troubles(active.trouble, material.trouble),
    open: () =>
      fewChildren([
        active,
        numberField(source, 'iterations', offset + 4, 4, countText),
        bytesField(source, 'salt', offset + 8, 32),
        material,
        numberField(source, 'stripes', offset + 44, 4, countText),
      ]),
  };
}

function stateText(active: bigint): string {
  if (active === ENABLED) return 'enabled';
  return active === DISABLED ? 'disabled' : hex(active);
}
