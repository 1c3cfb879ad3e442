import { findExtension } from './extensions.js';
import { AUTOCLEAR, COMPATIBLE, INCOMPATIBLE } from './features.js';
import { foreignAdvice, foreignFormat } from './foreignFormat.js';
import type { Image } from './image.js';
import type { Problem } from './problem.js';
import { bytes, type Bytes } from '../units.js';

/** How the image is laid out, in plain values. Sizes in bytes. */
export interface GeometryFacts {
  readonly version: number;
  readonly clusterBits: number;
  /** Host clusters in the file, the last one perhaps partial. */
  readonly hostClusters: number;
  readonly virtualSize: Bytes;
  readonly refcountBits: number;
  readonly snapshots: number;
  readonly bitmaps: number;
  readonly extendedL2: boolean;
  readonly dirty: boolean;
  readonly corrupt: boolean;
  readonly lazyRefcounts: boolean;
  readonly encryption: 'none' | 'aes' | 'luks';
  readonly compression: 'zlib' | 'zstd';
  /** Names that the image gives. Hostile text: show it, never follow it unasked. */
  readonly backingFile: string | undefined;
  readonly dataFile: string | undefined;
  /** The external data file is the guest's disk byte for byte. */
  readonly rawDataFile: boolean;
}

/** What the header says, known before the scan starts. */
export interface ImageFacts {
  readonly fileName: string;
  readonly fileSize: Bytes;
  /** Known when the header could be understood far enough to lay the file out in clusters. */
  readonly geometry: GeometryFacts | undefined;
  /** The file is no qcow2 image of version 2 or later. */
  readonly foreign:
    | {
        /** "a VMDK disk image"; undefined when it is nothing that we know. */
        readonly title: string | undefined;
        /** What to do with such a file. */
        readonly advice: string | undefined;
      }
    | undefined;
  /** What is wrong with the header or with a table it points to, in the order in which QEMU looks. */
  readonly problems: readonly Problem[];
  /** What is taken to be in the header, as parseAssumedHeader reads it; undefined: what it says itself. */
  readonly assumed?: string;
}

const ENCRYPTION = ['none', 'aes', 'luks'] as const;

export function imageFacts(image: Image, fileName: string): ImageFacts {
  const { header, geometry, source } = image;
  const known = image.foreign ? foreignFormat(source) : undefined;
  const foreign = image.foreign
    ? { title: known?.title, advice: known && foreignAdvice(known) }
    : undefined;
  const base = { fileName, fileSize: bytes(source.size), foreign, problems: image.problems };
  if (!geometry) return { ...base, geometry: undefined };
  const incompatible = header.value('incompatible_features');
  return {
    ...base,
    geometry: {
      version: geometry.version,
      clusterBits: geometry.clusterBits,
      hostClusters: geometry.hostClusters,
      virtualSize: bytes(Number(header.value('size'))),
      refcountBits: geometry.refcountBits,
      snapshots: header.number('nb_snapshots'),
      bitmaps: findExtension(image.extensions, 'bitmaps')?.count ?? 0,
      extendedL2: geometry.extendedL2,
      dirty: (incompatible & INCOMPATIBLE.dirty) !== 0n,
      corrupt: (incompatible & INCOMPATIBLE.corrupt) !== 0n,
      lazyRefcounts: (header.value('compatible_features') & COMPATIBLE.lazyRefcounts) !== 0n,
      encryption: ENCRYPTION[header.number('crypt_method')] ?? 'none',
      compression: header.number('compression_type') === 1 ? 'zstd' : 'zlib',
      backingFile: image.backingFile,
      dataFile: image.dataFile,
      rawDataFile: (header.value('autoclear_features') & AUTOCLEAR.rawExternalData) !== 0n,
    },
  };
}
