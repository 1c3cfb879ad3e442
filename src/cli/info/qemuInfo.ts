import { findExtension } from '../../core/qcow2/extensions.js';
import type { Image } from '../../core/qcow2/image.js';
import { imageFacts } from '../../core/qcow2/facts.js';
import { encryptJson } from './encryption.js';
import { fullBackingName } from '../../node/imageNames.js';

/**
 * What `qemu-img info --output=json` says, but for snapshots, and for what is not in the image:
 * the disk that the file takes (`actual-size`), and the file beneath (`children`). Keys with the value undefined are left out.
 */
export function qemuInfo(image: Image, filename: string): object {
  const { geometry } = imageFacts(image, filename);
  if (!geometry) return { filename };
  const backingFormat = findExtension(image.extensions, 'backing-format');
  return {
    filename,
    format: 'qcow2',
    'virtual-size': geometry.virtualSize,
    'cluster-size': 2 ** geometry.clusterBits,
    'dirty-flag': geometry.dirty,
    encrypted: geometry.encryption === 'none' ? undefined : true,
    'backing-filename': image.backingFile,
    'full-backing-filename':
      image.backingFile === undefined ? undefined : fullBackingName(filename, image.backingFile),
    'backing-filename-format': image.backingFile === undefined ? undefined : backingFormat?.name,
    'format-specific': { type: 'qcow2', data: specific(image) },
  };
}

function specific(image: Image): object {
  const { geometry } = imageFacts(image, '');
  if (!geometry) return {};
  const common = {
    'compression-type': geometry.compression,
    'refcount-bits': geometry.refcountBits,
    encrypt: encryptJson(image),
  };
  if (geometry.version === 2) return { compat: '0.10', ...common };
  const bitmaps = image.bitmaps?.bitmaps ?? [];
  const external = image.geometry?.externalData === true;
  return {
    compat: '1.1',
    ...common,
    'lazy-refcounts': geometry.lazyRefcounts,
    corrupt: geometry.corrupt,
    'extended-l2': geometry.extendedL2,
    bitmaps:
      bitmaps.length === 0
        ? undefined
        : bitmaps.map(({ name, granularityBits, inUse, auto }) => ({
            flags: [...(inUse ? ['in-use'] : []), ...(auto ? ['auto'] : [])],
            name,
            granularity: 2 ** granularityBits,
          })),
    'data-file': image.dataFile,
    'data-file-raw': external ? geometry.rawDataFile : undefined,
  };
}
