import { parseSize } from '../size.js';
import { Fields, wordBytes } from './fields.js';
import type { LineFormat } from './lineReader.js';
import { KIND, REQUEST_KINDS, type RequestSink } from './request.js';
import { Volumes } from './volumes.js';

const REQUESTS = REQUEST_KINDS.filter((name) => name !== 'write-zeroes-unmap').map((name) => ({
  word: wordBytes(name),
  kind: KIND[name],
}));
/** What `simulate --ops` takes beside requests of the guest. */
const OTHERS = ['close', 'abort', 'snapshot-create', 'snapshot-delete', 'host-write'].map(
  wordBytes,
);
const UNMAP = wordBytes('unmap');

/** The lines of `simulate --ops`, and `read OFF LEN`. */
export class OperationsLog implements LineFormat {
  readonly volumes = new Volumes(undefined);
  readonly #fields = new Fields();

  line(bytes: Uint8Array, start: number, end: number, sink: RequestSink): boolean {
    const fields = this.#fields;
    fields.splitAtBlanks(bytes, start, end);
    if (fields.count === 0 || fields.oneOf(0, OTHERS) >= 0) return true;
    const found = REQUESTS.find(({ word }) => fields.is(0, word));
    if (!found) return false;
    if (found.kind === KIND.flush) {
      if (fields.count === 1) sink.add(KIND.flush, 0, 0);
      return fields.count === 1;
    }
    const isUnmap = found.kind === KIND['write-zeroes'] && fields.is(3, UNMAP);
    if (fields.count !== (isUnmap ? 4 : 3)) return false;
    const offset = amount(fields, 1);
    const length = amount(fields, 2);
    if (Number.isNaN(offset) || Number.isNaN(length)) return false;
    sink.add(isUnmap ? KIND['write-zeroes-unmap'] : found.kind, offset, length);
    return true;
  }
}

/** Digits as most lines have them, or a size as QEMU's options spell it. */
function amount(fields: Fields, index: number): number {
  const digits = fields.decimal(index);
  if (!Number.isNaN(digits)) return digits;
  const word = fields.bytes.subarray(fields.starts[index], fields.ends[index]);
  const size = parseSize(new TextDecoder().decode(word), '');
  return size.ok && size.value <= Number.MAX_SAFE_INTEGER ? size.value : Number.NaN;
}
