import { findExtension } from '../../core/qcow2/extensions.js';
import type { Image } from '../../core/qcow2/image.js';
import { filePath, fullBackingName, notAFile } from '../imageNames.js';
import { type BlockNode, blockNode } from './blockNode.js';
import { isJsonName, jsonNameOptions, type NodeOptions } from './nodeOptions.js';

/** What lies below an image, by its name for it and by what the name of the image itself says. */
export interface Backing {
  /** As it is written: in the image, or as the `json:` name above has it. */
  readonly name: string;
  /** What it leads to, as text. */
  readonly resolved: string;
  /** What QEMU warns of. */
  readonly warning: string | undefined;
  readonly node: BlockNode | undefined;
  /** Why there is no node. */
  readonly refusal: string | undefined;
}

/** An image, and how it was opened. */
export interface Overlay {
  readonly image: Image;
  /** Of the file: a relative name is relative to its folder. */
  readonly path: string;
  readonly backing: BlockNode['backing'];
}

/** What lies below an image; undefined where nothing does (bdrv_open_backing_file). */
export function backingNode({ image, path, backing }: Overlay): Backing | undefined {
  if (backing === 'cut') return undefined;
  const written = image.backingFile ?? '';
  const isNamedAbove = backing.has('file.filename');
  if (written === '' && backing.size === 0) return undefined;
  const name = isNamedAbove ? String(backing.get('file.filename')) : written;
  const full = isNamedAbove ? name : fullBackingName(path, written);
  const format = findExtension(image.extensions, 'backing-format');
  // The options beside a name come before what the image says, that before what the name says.
  const options = new Map<string, string | number | boolean | null>(backing);
  if (format && !options.has('driver')) options.set('driver', format.name);
  const refused = (refusal: string): Backing => ({
    name,
    resolved: filePath(full),
    warning: undefined,
    node: undefined,
    refusal,
  });
  if (!isNamedAbove && isJsonName(full)) {
    const said = jsonNameOptions(full);
    if (!said.ok) return refused(said.message);
    for (const [key, value] of said.value) if (!options.has(key)) options.set(key, value);
    return found(name, full, options, undefined);
  }
  const wrong = isNamedAbove ? undefined : notAFile(written);
  if (wrong !== undefined) return refused(wrong);
  return found(name, full, options, isNamedAbove || written === '' ? undefined : full);
}

function found(
  name: string,
  full: string,
  options: NodeOptions,
  path: string | undefined,
): Backing {
  const node = blockNode(options, path);
  const warning =
    options.get('backing') === ''
      ? 'qemu-img: warning: Use of "backing": "" is deprecated; use "backing": null instead'
      : undefined;
  return {
    name,
    resolved: node.ok ? node.value.path : filePath(full),
    warning,
    node: node.ok ? node.value : undefined,
    refusal: node.ok ? undefined : node.message,
  };
}
