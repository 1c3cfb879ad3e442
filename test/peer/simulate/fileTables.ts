import { type ByteSource, readBytes } from '../../../src/core/byteSource.js';
import { hex } from '../../../src/core/bytes.js';
import { maskedOffset } from '../../../src/core/qcow2/entryTable.js';
import { openImage, type Image } from '../../../src/core/qcow2/image.js';
import type { Geometry } from '../../../src/core/qcow2/geometry.js';
import { refcountReader } from '../../../src/core/qcow2/refcountEntry.js';
import { viewOf } from '../../../src/core/bytes.js';

/**
 * What the metadata of a file says, each fact under its name: `L1 entry 3`, `refcount of cluster 9`.
 * What is 0 is left out.
 */
export type Tables = ReadonlyMap<string, string>;

/** Header fields, L1, active L2 tables, refcount table and refcounts, as far as the file reaches. */
export function readTables(source: ByteSource): Tables {
  const image = openImage(source);
  const facts = new Map<string, string>();
  for (const field of image.header.fields) facts.set(`header ${field.name}`, hex(field.value));
  const { geometry } = image;
  if (geometry === undefined) return facts;
  for (let index = 0; index < image.l1.present; index++) {
    const entry = image.l1.entry(index);
    if (entry === 0n) continue;
    facts.set(`L1 entry ${String(index)}`, hex(entry));
    const offset = maskedOffset(image.l1.high(index), image.l1.low(index));
    if (offset !== 0 && offset < source.size) addL2(facts, source, geometry, index, offset);
  }
  addRefcounts(facts, source, image, geometry);
  return facts;
}

function addL2(
  facts: Map<string, string>,
  source: ByteSource,
  { clusterSize, l2Entries, l2EntrySize }: Geometry,
  l1Index: number,
  offset: number,
): void {
  const table = viewOf(readBytes(source, offset, clusterSize));
  for (let index = 0; index < l2Entries; index++) {
    const entry = table.getBigUint64(index * l2EntrySize);
    const bitmap = l2EntrySize === 16 ? table.getBigUint64(index * 16 + 8) : 0n;
    if (entry === 0n && bitmap === 0n) continue;
    const name = `L2 entry of guest cluster ${String(l1Index * l2Entries + index)}`;
    facts.set(name, l2EntrySize === 16 ? `${hex(entry)} ${hex(bitmap)}` : hex(entry));
  }
}

function addRefcounts(
  facts: Map<string, string>,
  source: ByteSource,
  { refcountTable }: Image,
  { clusterSize, refcountBits, refcountsPerBlock }: Geometry,
): void {
  for (let index = 0; index < refcountTable.present; index++) {
    const entry = refcountTable.entry(index);
    if (entry === 0n) continue;
    facts.set(`refcount table entry ${String(index)}`, hex(entry));
    const offset = Number(entry & ~0x1ffn);
    if (offset === 0 || offset >= source.size) continue;
    const count = refcountReader(readBytes(source, offset, clusterSize), refcountBits);
    for (let i = 0; i < refcountsPerBlock; i++) {
      if (count(i) === 0) continue;
      facts.set(`refcount of cluster ${String(index * refcountsPerBlock + i)}`, String(count(i)));
    }
  }
}

/** The facts in which two files differ, a line each. */
export function differentFacts(qemu: Tables, ours: Tables): string[] {
  const names = new Set([...qemu.keys(), ...ours.keys()]);
  return [...names]
    .filter((name) => qemu.get(name) !== ours.get(name))
    .map((name) => `${name}: QEMU ${qemu.get(name) ?? '0'}, ours ${ours.get(name) ?? '0'}`);
}
