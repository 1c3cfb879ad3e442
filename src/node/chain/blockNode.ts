import { type ParseResult, parseSize } from '../../core/size.js';
import { filePath, notAFile } from '../imageNames.js';
import { type NodeOptions, optionsBelow } from './nodeOptions.js';

/** A cut of a file, as the raw driver makes it. */
export interface Cut {
  readonly offset: number;
  /** Bytes; undefined up to the end. */
  readonly size: number | undefined;
  /** As QEMU writes it in names: only what was said, in the words in which it was said. */
  readonly said: Pick<NodeOptions, 'get'>;
}

/** A file and how it is opened: what a backing file's name and format, or a `json:` name, come to. */
export interface BlockNode {
  readonly path: string;
  /** The innermost first. */
  readonly cuts: readonly Cut[];
  /** Undefined where it is to be guessed. */
  readonly format: string | undefined;
  /** What the name says of the layer below, in the place of what the image names or beside it. */
  readonly backing: 'cut' | NodeOptions;
  /** Why QEMU refuses it once it has opened the file. */
  readonly objection?: string | undefined;
}

type Found = ParseResult<BlockNode>;

const refused = (message: string): { readonly ok: false; readonly message: string } => ({
  ok: false,
  message,
});

/** Options that every node has (bdrv_runtime_opts), and what does not change what is read. */
const OF_ALL =
  /^(driver|node-name|read-only|auto-read-only|detect-zeroes|discard|force-share)$|^cache\./;
const OF_FILE =
  /^(filename|locking|aio|aio-max-batch|drop-cache|pr-manager|x-check-cache-dropped)$/;
const OF_RAW = /^(offset|size)$|^(file|backing)(\.|$)/;
const OF_QCOW2 =
  /^(lazy-refcounts|discard-no-unref|(l2-|refcount-)?cache-size|l2-cache-entry-size|cache-clean-interval)$|^pass-discard-|^overlap-(check|structures)(\.|$)|^(file|backing)(\.|$)/;

/** The first option that a driver does not know. */
const stranger = (options: NodeOptions, known: RegExp): string | undefined =>
  [...options.keys()].find((name) => !OF_ALL.test(name) && !known.test(name));

/** What the options of a node come to, or why QEMU would not open it. `name`: of a file, beside the options. */
export function blockNode(options: NodeOptions, name?: string): Found {
  const driver = options.get('driver');
  if (driver !== undefined && typeof driver !== 'string')
    return refused("Invalid parameter type for 'driver', expected: string");
  if (driver === 'file') {
    if (name !== undefined && options.has('filename'))
      return refused("Can't specify 'file' and 'filename' options at the same time");
    const file = name === undefined ? fileNode(options) : plain(name);
    return file.ok ? { ok: true, value: { ...file.value, format: 'raw' } } : file;
  }
  if (driver !== undefined && notAFile(`${driver}:`) === `'${driver}:' is no file of this machine`)
    return refused(`the driver '${driver}' leads to no file of this machine`);
  const backing = backingOf(options);
  if (!backing.ok) return backing;
  const child = driver === 'raw' ? rawNode(options, name) : childNode(options, driver, name);
  if (!child.ok) return child;
  const objection = child.value.objection ?? objectionTo(options, driver);
  return { ok: true, value: { ...child.value, format: driver, backing: backing.value, objection } };
}

/** What is said of options that a driver does not take, after it has opened what is below (bdrv_open_inherit). */
function objectionTo(options: NodeOptions, driver: string | undefined): string | undefined {
  if (driver !== 'raw' && driver !== 'qcow2') return undefined;
  const foreign = stranger(options, driver === 'raw' ? OF_RAW : OF_QCOW2);
  if (foreign === undefined) return undefined;
  return driver === 'qcow2' && /^(encrypt|data-file)(\.|$)/.test(foreign)
    ? `the option '${foreign}' of a json: name is not followed here`
    : `Block format '${driver}' does not support the option '${foreign}'`;
}

function backingOf(options: NodeOptions): ParseResult<BlockNode['backing']> {
  const backing = options.get('backing');
  if (backing === null || backing === '') return { ok: true, value: 'cut' };
  if (backing !== undefined) return refused(noNode(String(backing)));
  return { ok: true, value: optionsBelow(options, 'backing') };
}

const noNode = (name: string): string => `Cannot find device='${name}' nor node-name='${name}'`;

const plain = (path: string): Found => ({
  ok: true,
  value: { path: filePath(path), cuts: [], format: undefined, backing: new Map() },
});

/** What the `file` of a node is. */
function childNode(options: NodeOptions, driver: string | undefined, name?: string): Found {
  const reference = options.get('file');
  if (reference !== undefined) return refused(noNode(String(reference)));
  const file = optionsBelow(options, 'file');
  if (file.size === 0) {
    if (name !== undefined) return plain(name);
    return refused(
      driver === undefined
        ? 'Must specify either driver or file'
        : 'A block device must be specified for "file"',
    );
  }
  const of = file.get('driver');
  if (of === 'raw') return rawNode(file);
  if (of === undefined || of === 'file') return fileNode(file);
  const what = `the driver '${String(of)}'`;
  return refused(
    notAFile(`${String(of)}:`) === `'${String(of)}:' is no file of this machine`
      ? `${what} leads to no file of this machine`
      : `${what} below another one is not followed here`,
  );
}

/** A file of the host: unlike a name alone, `filename` knows no protocols. */
function fileNode(options: NodeOptions): Found {
  const foreign = stranger(options, OF_FILE);
  if (foreign !== undefined)
    return refused(`Block protocol 'file' doesn't support the option '${foreign}'`);
  const path = options.get('filename');
  if (path === undefined) return refused("The 'file' block driver requires a file name");
  if (typeof path !== 'string')
    return refused("Invalid parameter type for 'filename', expected: string");
  return { ok: true, value: { path, cuts: [], format: undefined, backing: new Map() } };
}

/** The raw driver: all of what is below it, or a cut (raw_read_options). */
function rawNode(options: NodeOptions, name?: string): Found {
  const child = childNode(options, 'raw', name);
  if (!child.ok) return child;
  const offset = sizeOf(options, 'offset');
  if (!offset.ok) return offset;
  const size = sizeOf(options, 'size');
  if (!size.ok) return size;
  const objection = child.value.objection ?? objectionTo(options, 'raw');
  if (offset.value === undefined && size.value === undefined)
    return { ok: true, value: { ...child.value, objection } };
  const cut: Cut = { offset: offset.value ?? 0, size: size.value, said: options };
  return { ok: true, value: { ...child.value, cuts: [...child.value.cuts, cut], objection } };
}

function sizeOf(options: NodeOptions, name: string): ParseResult<number | undefined> {
  const value = options.get(name);
  return value === undefined ? { ok: true, value } : parseSize(String(value), name);
}

/** How QEMU calls the node of the file, with its cuts (bdrv_refresh_filename). */
export const fileName = ({ path, cuts }: BlockNode): string =>
  cuts.length === 0 ? path : `json:${fileJson(path, cuts)}`;

/** How QEMU calls the node of the format. */
export const nodeName = (node: BlockNode, format: string): string =>
  node.cuts.length === 0 || format === 'raw'
    ? fileName(node)
    : `json:{"driver": "${format}", "file": ${fileJson(node.path, node.cuts)}}`;

function fileJson(path: string, cuts: readonly Cut[]): string {
  let json = `{"driver": "file", "filename": ${JSON.stringify(path)}}`;
  for (const { said } of cuts) {
    const part = (name: string): string => {
      const value = said.get(name);
      return value === undefined ? '' : `"${name}": ${JSON.stringify(value)}, `;
    };
    // The order in which QEMU's dictionaries have these keys.
    json = `{${part('offset')}"driver": "raw", ${part('size')}"file": ${json}}`;
  }
  return json;
}
