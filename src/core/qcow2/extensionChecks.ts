import { hex } from '../bytes.js';
import { type CryptoHeader, type Extension, type Extensions, MISSIZED } from './extensions.js';
import { AUTOCLEAR } from './features.js';
import { fieldOffset, type Header } from './header.js';
import * as limits from './limits.js';
import type { Refusals } from './refusals.js';

/** What of the extensions an image keeps. */
export interface ExtensionFacts {
  readonly crypto: CryptoHeader | undefined;
  /** What QEMU warns of on stderr while opening, line by line. */
  readonly warnings: readonly string[];
}

/** crypt_method of LUKS. */
export const LUKS = 2;

const LOST =
  'qemu-img: warning: a program lacking bitmap support modified this file, so all bitmaps are ' +
  'now considered inconsistent';
const LOST_IN_V2 =
  'qemu-img: warning: This qcow2 v2 image contains bitmaps, but they may have been modified by a ' +
  'program without persistent bitmap support; so now they must all be considered inconsistent';
const ADVICE = "Some clusters may be leaked, run 'qemu-img check -r' on the image file to fix.";

/** QEMU gets as far as the extensions; for names of unknown features it reads them early. */
function reaches(refusals: Refusals): boolean {
  return refusals.check === undefined || refusals.check.startsWith('Unsupported qcow2 feature');
}

/** The tests of qcow2_read_extensions, in its order. */
export function checkExtensions(
  header: Header,
  extensions: Extensions,
  clusterSize: number,
  refusals: Refusals,
): ExtensionFacts {
  let crypto: CryptoHeader | undefined;
  const warnings: string[] = [];
  const refuse = (e: { offset: number }, message: string, refusal: string) => {
    refusals.at(
      'header extension',
      e.offset,
      `${message} (header extension at ${hex(e.offset)})`,
      refusal,
    );
  };
  const noBitmaps = (header.value('autoclear_features') & AUTOCLEAR.bitmaps) === 0n;
  for (const e of extensions.list) {
    if (e.type === 'backing-format' && e.length >= 16)
      refuse(
        e,
        `The backing format's name has ${e.length} bytes, expected less than 16`,
        `ERROR: ext_backing_format: len=${e.length} too large (>=16)`,
      );
    else if (e.type === 'unknown' && e.magic === MISSIZED.crypto) {
      if (header.number('crypt_method') !== LUKS)
        refuse(
          e,
          'A LUKS header without LUKS encryption',
          'CRYPTO header extension only expected with LUKS encryption method',
        );
      else
        refuse(
          e,
          `The LUKS header extension has ${e.length} bytes, expected 16`,
          `CRYPTO header extension size ${e.length}, but expected size 16`,
        );
    } else if (e.type === 'crypto') {
      crypto = { offset: e.headerOffset, length: e.headerLength };
      if (header.number('crypt_method') !== LUKS)
        refuse(
          e,
          'A LUKS header without LUKS encryption',
          'CRYPTO header extension only expected with LUKS encryption method',
        );
      else if (e.headerOffset % BigInt(clusterSize) !== 0n)
        refuse(
          e,
          `The LUKS header lies at ${hex(e.headerOffset)}, expected a multiple of ${hex(clusterSize)}`,
          `Encryption header offset '${e.headerOffset}' is not a multiple of cluster size '${clusterSize}'`,
        );
    } else if (e.type === 'unknown' && e.magic === MISSIZED.bitmaps)
      refuse(
        e,
        `The bitmaps extension has ${e.length} bytes, expected 24`,
        'bitmaps_ext: Invalid extension length',
      );
    else if (e.type === 'bitmaps' && !noBitmaps) checkBitmapsExtension(e, clusterSize, refuse);
    else if (e.type === 'bitmaps') {
      refusals.at(
        'autoclear_features',
        fieldOffset('autoclear_features'),
        'The image has bitmaps, but autoclear bit 0 at 0x58 is clear: they are all inconsistent, and their clusters leak',
        undefined,
      );
      if (reaches(refusals))
        warnings.push(header.number('version') < 3 ? LOST_IN_V2 : LOST, ADVICE);
    }
  }
  if (extensions.broken)
    refuse(extensions.broken, extensions.broken.message, 'Header extension too large');
  return { crypto, warnings };
}

/** QEMU looks for a missing LUKS header only when it has looked for the data file. */
export function checkCryptoHeader(
  header: Header,
  crypto: CryptoHeader | undefined,
  refusals: Refusals,
): void {
  if (header.number('crypt_method') === LUKS && !crypto)
    refusals.field(
      'crypt_method',
      'LUKS encryption without a LUKS header extension',
      LUKS,
      'such an extension',
      'Missing CRYPTO header for crypt method 2',
    );
}

function checkBitmapsExtension(
  e: Extract<Extension, { type: 'bitmaps' }>,
  clusterSize: number,
  refuse: (e: { offset: number }, message: string, refusal: string) => void,
): void {
  if (e.reserved !== 0)
    refuse(
      e,
      `The bitmaps extension's reserved field is ${hex(e.reserved)}, expected 0`,
      'bitmaps_ext: Reserved field is not zero',
    );
  else if (e.count > limits.MAX_BITMAPS)
    refuse(
      e,
      `${e.count} bitmaps, expected at most ${limits.MAX_BITMAPS}`,
      `bitmaps_ext: Image has ${e.count} bitmaps, exceeding the QEMU supported maximum of ${limits.MAX_BITMAPS}`,
    );
  else if (e.count === 0)
    refuse(e, 'A bitmaps extension with no bitmaps', 'found bitmaps extension with zero bitmaps');
  else if (e.directoryOffset % BigInt(clusterSize) !== 0n)
    refuse(
      e,
      `The bitmap directory lies at ${hex(e.directoryOffset)}, expected a multiple of ${hex(clusterSize)}`,
      'bitmaps_ext: invalid bitmap directory offset',
    );
  else if (e.directorySize > BigInt(limits.MAX_BITMAP_DIRECTORY_BYTES))
    refuse(
      e,
      `The bitmap directory has ${e.directorySize} bytes, expected at most ${limits.MAX_BITMAP_DIRECTORY_BYTES}`,
      `bitmaps_ext: bitmap directory size (${e.directorySize}) exceeds the maximum supported size (${limits.MAX_BITMAP_DIRECTORY_BYTES})`,
    );
}
