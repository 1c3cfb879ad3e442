import type { Image } from '../../core/qcow2/image.js';
import { cipherName, readLuksHeader } from '../../core/qcow2/luksHeader.js';
import { countText } from '../../core/numbers.js';
import { type Printable, t } from '../frame/printable.js';
import { hex } from '../../core/bytes.js';

const AES = 1;

/** `format-specific.data.encrypt` of `qemu-img info`, as far as the bytes say it. */
export function encryptJson({ header, crypto, source }: Image): object | undefined {
  const method = header.number('crypt_method');
  if (method === 0) return undefined;
  if (method === AES) return { format: 'aes' };
  const luks = crypto && readLuksHeader(source, crypto.offset);
  if (!luks) return { format: 'luks' };
  return {
    'ivgen-alg': luks.ivGenerator,
    'ivgen-hash-alg': luks.ivHash,
    'hash-alg': luks.hash,
    'cipher-alg': cipherName(luks),
    uuid: luks.uuid,
    format: 'luks',
    'cipher-mode': luks.mode,
    slots: luks.slots.map(({ active, iterations, keyOffset, stripes }) => ({
      active,
      iters: active ? iterations : undefined,
      'key-offset': keyOffset,
      stripes: active ? stripes : undefined,
    })),
    'payload-offset': luks.payloadOffset,
    'master-key-iters': luks.masterKeyIterations,
    // Since QEMU 9.0.
    'detached-header': false,
  };
}

/** The same for people, with host offsets; nothing without a LUKS header. */
export function encryptionText({ crypto, source }: Image): Printable[] {
  if (!crypto) return [];
  const at = hex(crypto.offset);
  const luks = readLuksHeader(source, crypto.offset);
  if (!luks) return [t`\nencryption\n`, t`${at.padStart(6)}  no LUKS header of version 1\n`];
  const hash = luks.ivHash === undefined ? '' : `:${luks.ivHash}`;
  return [
    t`\nencryption\n`,
    t`${at.padStart(6)}  LUKS ${luks.uuid}: ${cipherName(luks)} ${luks.mode}-${luks.ivGenerator}${hash}, hash ${luks.hash}\n`,
    t`        payload after ${luks.payloadOffset} bytes, ${countText(luks.masterKeyIterations)} iterations of the master key's digest\n`,
    ...luks.slots.map(({ active, iterations, keyOffset, stripes }, slot) => {
      const place = hex(crypto.offset + BigInt(keyOffset));
      const state = active
        ? `active, ${countText(iterations)} iterations, ${countText(stripes)} stripes`
        : 'inactive';
      return t`        key slot ${slot} at ${place}: ${state}\n`;
    }),
  ];
}
