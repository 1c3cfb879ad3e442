import { readBytes } from '../../byteSource.js';
import type { MappableImage } from '../../qcow2/image.js';
import type { CauseRule } from './rule.js';
import { CHECK_COPY, COPY, NO_VM, pokeStep } from './words.js';

/** Last byte of incompatible_features: bit 3 says that there is a compression type. */
const INCOMPATIBLE_BYTE = 79;
const COMPRESSION_BIT = 0x08;
const COMPRESSION_BYTE = 104;
/** Headers of this length have a compression type. */
const LONG_HEADER = 112;

/** The compressed clusters begin as the other method begins them. */
export const wrongCompression: CauseRule = {
  suspects({ compressedSamples: { looked, zstd }, image }) {
    const says = image.header.number('compression_type') === 1 ? 'zstd' : 'zlib';
    const isZstd = zstd * 2 > looked;
    // Deflate has no magic: that none is Zstandard's tells only when several were looked at.
    const isWrong = says === 'zlib' ? looked > 0 && isZstd : looked > 0 && zstd === 0;
    if (!isWrong) return [];
    const is = says === 'zlib' ? 'zstd' : 'zlib';
    return [
      {
        id: 'wrong-compression',
        compressed: true,
        always: true,
        tell: () => ({
          severity: 'damage',
          title: `The header says ${says}, but the compressed data is ${is}`,
          explanation: `All ${looked === 1 ? 'compressed data that was looked at does' : `${looked} compressed clusters that were looked at do`} not begin as ${says} does. The guest gets I/O errors there, though "qemu-img check" finds nothing wrong: it does not look at data. The data itself is most likely whole, and only the header wrong.`,
          doNext: [COPY, ...toOther(image, is), CHECK_COPY],
          doNot: [NO_VM],
          clusterToShow: undefined,
        }),
      },
    ];
  },
};

/** How to say the other method in the copy's header, where there is room for it. */
function toOther({ source, header }: MappableImage, is: 'zlib' | 'zstd') {
  const flags = readBytes(source, INCOMPATIBLE_BYTE, 1)[0];
  if (header.number('version') < 3 || header.number('header_length') < LONG_HEADER)
    return [
      {
        text: `The header is too short to say ${is}: look for the tool that wrote it, or for a copy with a whole header`,
        command: undefined,
      },
    ];
  const bytes: [number, number][] =
    is === 'zstd'
      ? [
          [INCOMPATIBLE_BYTE, flags | COMPRESSION_BIT],
          [COMPRESSION_BYTE, 1],
        ]
      : [
          [INCOMPATIBLE_BYTE, flags & ~COMPRESSION_BIT],
          [COMPRESSION_BYTE, 0],
        ];
  return [
    pokeStep(`Say ${is} in the header of the copy`, bytes),
    {
      text: 'See whether the copy reads now: no command may fail',
      command: 'qemu-img convert -f qcow2 -O qcow2 {copy} {new}',
    },
  ];
}
