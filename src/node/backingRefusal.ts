import { existsSync } from 'node:fs';
import { filePath, fullBackingName, notAFile } from './imageNames.js';

/**
 * Why QEMU cannot open the backing file that an image names, in its words; undefined when it may. The name
 * is the image's word: the file is not opened, only looked for.
 *
 * @param image path of the image
 */
export function backingRefusal(image: string, name: string): string | undefined {
  const inFront = 'Could not open backing file: ';
  const wrong = notAFile(name);
  if (wrong !== undefined) return inFront + wrong;
  const path = filePath(fullBackingName(image, name));
  return existsSync(path)
    ? undefined
    : `${inFront}Could not open '${path}': No such file or directory`;
}
