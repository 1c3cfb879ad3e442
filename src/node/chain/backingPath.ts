import type { ParseResult } from '../../core/size.js';
import { filePath, fullBackingName, notAFile } from '../imageNames.js';
import { blockNode } from './blockNode.js';
import { isJsonName, jsonNameOptions } from './nodeOptions.js';

/** The file that the name of a backing file leads to, or why it leads to none, in QEMU's words where it has some. */
export function backingPath(image: string, name: string): ParseResult<string> {
  if (isJsonName(name)) {
    const options = jsonNameOptions(name);
    const node = options.ok ? blockNode(options.value) : options;
    return node.ok ? { ok: true, value: node.value.path } : node;
  }
  const wrong = notAFile(name);
  return wrong === undefined
    ? { ok: true, value: filePath(fullBackingName(image, name)) }
    : { ok: false, message: wrong };
}
