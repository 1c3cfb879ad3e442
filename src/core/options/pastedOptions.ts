import { isRecord, type UnknownRecord } from '../record.js';
import type { ParseResult } from '../size.js';
import { type DiskOptions, isKnown, isSize, isSwitch } from './diskOptions.js';

/** Characters of a text that anybody would paste. */
const MAX_TEXT = 2 ** 20;

/**
 * The options of the first qcow2 disk in a text: a `-drive` or `-blockdev` of a command line, QMP's
 * blockdev-add or blockdev-reopen, or libvirt's XML of a disk. A message when there are none.
 */
export function pastedOptions(text: string): ParseResult<DiskOptions> {
  if (text.length > MAX_TEXT) return { ok: false, message: 'the text is too long' };
  const read = /<\w/.test(text) ? fromXml(text) : fromLine(text);
  if (!read.ok || read.value.size > 0) return read;
  return { ok: false, message: 'there is no option of the qcow2 driver in it that a setting has' };
}

function fromLine(text: string): ParseResult<DiskOptions> {
  const start = text.indexOf('{');
  return start < 0 ? { ok: true, value: fromDotted(text) } : fromJson(text, start);
}

function fromJson(text: string, start: number): ParseResult<DiskOptions> {
  try {
    const value: unknown = JSON.parse(text.slice(start, text.lastIndexOf('}') + 1));
    return ofNode(nodeIn(value) ?? (isRecord(value) ? value : {}));
  } catch {
    return { ok: false, message: 'the JSON in it cannot be read' };
  }
}

/** The first node of the qcow2 driver, wherever it is: QMP nests arguments, nodes nest nodes. */
function nodeIn(value: unknown): UnknownRecord | undefined {
  const waiting: unknown[] = [value];
  for (const one of waiting) {
    if (isRecord(one) && one.driver === 'qcow2') return one;
    // A node's own children come after its siblings: the top layer is found before what lies below.
    const children: readonly unknown[] =
      Array.isArray(one) || isRecord(one) ? Object.values(one) : [];
    for (const child of children) waiting.push(child);
  }
  return undefined;
}

/** QMP is strict: numbers, true and false; objects in the place of dots. */
function ofNode(node: UnknownRecord): ParseResult<DiskOptions> {
  const options = new Map<string, string>();
  const entries = Object.entries(node).flatMap(([name, value]) =>
    (name === 'overlap-check' || name === 'overlap-structures') && isRecord(value)
      ? Object.entries(value).map(([part, of]): [string, unknown] => [`${name}.${part}`, of])
      : [[name, value] satisfies [string, unknown]],
  );
  for (const [name, value] of entries) {
    if (!isKnown(name)) continue;
    const expected = isSize(name) ? 'integer' : isSwitch(name) ? 'boolean' : 'string';
    const isRight =
      expected === 'integer' ? Number.isSafeInteger(value) : typeof value === expected;
    if (!isRight)
      return {
        ok: false,
        message: `Invalid parameter type for '${name}', expected: ${expected}`,
      };
    options.set(name, typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value));
  }
  return { ok: true, value: options };
}

/** `-drive file=a.qcow2,l2-cache-size=4M`: the words around it and quotes do not matter; `,,` is a comma. */
function fromDotted(text: string): DiskOptions {
  const options = new Map<string, string>();
  const joined = text.replaceAll(/['"\\]/g, ' ').replaceAll(',,', '\0');
  for (const word of joined.split(/\s+/))
    for (const part of word.split(',')) {
      const [name, ...rest] = part.split('=');
      if (!isKnown(name) || options.has(name)) continue;
      options.set(name, rest.length === 0 ? 'on' : rest.join('=').replaceAll('\0', ','));
    }
  return options;
}

const UNITS: Readonly<Record<string, number>> = {
  ...{
    b: 1,
    bytes: 1,
    byte: 1,
    KB: 1e3,
    k: 2 ** 10,
    KiB: 2 ** 10,
    MB: 1e6,
    M: 2 ** 20,
    MiB: 2 ** 20,
  },
  ...{ GB: 1e9, G: 2 ** 30, GiB: 2 ** 30, TB: 1e12, T: 2 ** 40, TiB: 2 ** 40 },
};

const PASSED = /<qemu:arg\s[^<>]*?value\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')/g;

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}\\s*=\\s*["']([^"'<>]*)["']`).exec(tag)?.[1];

/** What libvirt can say of the first qcow2 disk, and what is handed through to QEMU's command line. */
function fromXml(text: string): ParseResult<DiskOptions> {
  const options = new Map<string, string>();
  for (const [, double, single] of text.matchAll(PASSED)) {
    const passed = fromLine(unescaped(double ?? single));
    if (!passed.ok) return passed;
    for (const [name, of] of passed.value) if (!options.has(name)) options.set(name, of);
  }
  const disk = /<driver\b[^<>]*\btype\s*=\s*["']qcow2["'][^<>]*>/.exec(text);
  const from = disk?.index ?? 0;
  if (disk && attribute(disk[0], 'discard_no_unref') !== undefined)
    options.set('discard-no-unref', attribute(disk[0], 'discard_no_unref') ?? 'off');
  // That of the disk itself: those of its backing store come after `<backingStore`.
  const end = text.indexOf('<backingStore', from);
  const own = text.slice(from, end < 0 ? undefined : end);
  const size = /<max_size\b([^<>]*)>\s*(\d+)\s*<\/max_size>/.exec(own);
  if (size) {
    const unit = attribute(size[1], 'unit') ?? 'bytes';
    const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    const bytes = factor === undefined ? NaN : factor * Number(size[2]);
    if (!Number.isSafeInteger(bytes))
      return { ok: false, message: `the size of the metadata cache has the unit '${unit}'` };
    options.set('cache-size', String(bytes));
  }
  return { ok: true, value: options };
}

const NAMED: Readonly<Record<string, string>> = {
  ...{ '&quot;': '"', '&apos;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' },
};

const unescaped = (text: string): string =>
  text.replaceAll(/&(?:quot|apos|lt|gt|amp);/g, (entity) => NAMED[entity] ?? entity);
