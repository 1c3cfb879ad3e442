import { existsSync } from 'node:fs';
import { backingPath } from './chain/backingPath.js';

/**
 * Why QEMU cannot open the backing file that an image names, in its words; undefined when it may. The name
 * is the image's word: the file is not opened, only looked for.
 *
 * @param image path of the image
 */
export function backingRefusal(image: string, name: string): string | undefined {
  const inFront = 'Could not open backing file: ';
  const path = backingPath(image, name);
  if (!path.ok) return inFront + path.message;
  return existsSync(path.value)
    ? undefined
    : `${inFront}Could not open '${path.value}': No such file or directory`;
}
