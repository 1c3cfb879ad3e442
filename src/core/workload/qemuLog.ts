import { CacheEvents, type MeasuredCaches } from './cacheEvents.js';
import { Fields, wordBytes } from './fields.js';
import type { LineFormat } from './lineReader.js';
import { KIND, type RequestSink } from './request.js';
import { Volumes } from './volumes.js';

/**
 * Which of QEMU's events are the requests: those of the guest's device (`blk`, once a request), those
 * of any node (`bdrv`, where one must be chosen), or the writes that qcow2 begins (`qcow2`).
 */
export const QEMU_EVENTS = ['blk', 'bdrv', 'qcow2'] as const;

export type QemuEvents = (typeof QEMU_EVENTS)[number];

/** An event that is a request, and where in its line what stands. */
interface Event {
  readonly name: Uint8Array;
  readonly kind: number;
  readonly volume: number;
  readonly offset: number;
  readonly isHex: boolean;
  /** Flags, of those that have any. */
  readonly flags: number | undefined;
}

const event = (
  name: string,
  kind: number,
  volume: number,
  offset: number,
  isHex = false,
): Event => ({
  name: wordBytes(name),
  kind,
  volume,
  offset,
  isHex,
  flags: isHex ? undefined : offset + 4,
});

const EVENTS: Readonly<Record<QemuEvents, readonly Event[]>> = {
  blk: [event('blk_co_preadv', KIND.read, 2, 6), event('blk_co_pwritev', KIND.write, 2, 6)],
  bdrv: [
    event('bdrv_co_preadv_part', KIND.read, 2, 4),
    event('bdrv_co_pwritev_part', KIND.write, 2, 4),
  ],
  qcow2: [
    event('qcow2_writev_start_req', KIND.write, 1, 4, true),
    event('qcow2_pwrite_zeroes_start_req', KIND['write-zeroes'], 1, 4, true),
  ],
};

const OFFSET = wordBytes('offset');
const BYTES = wordBytes('bytes');
const COLON = 58;

/** BDRV_REQ_ZERO_WRITE, BDRV_REQ_MAY_UNMAP, BDRV_REQ_FUA. */
const ZERO_WRITE = 2;
const MAY_UNMAP = 4;
const FUA = 16;

/** QEMU's trace log, with or without `PID@TIME:`. Lines of other events are none of its business. */
export class QemuLog implements LineFormat {
  readonly volumes: Volumes;
  readonly #fields = new Fields();
  readonly #events: readonly Event[];
  /** What QEMU's caches did meanwhile, where the log has it. */
  readonly #cacheEvents = new CacheEvents();

  constructor(events: QemuEvents, volume: string | undefined) {
    this.volumes = new Volumes(volume);
    this.#events = EVENTS[events];
  }

  get measured(): MeasuredCaches | undefined {
    return this.#cacheEvents.measured;
  }

  line(bytes: Uint8Array, start: number, end: number, sink: RequestSink): boolean {
    const fields = this.#fields;
    fields.splitAtBlanks(bytes, start, end);
    if (fields.count === 0) return true;
    for (let at = fields.ends[0] - 1; at > fields.starts[0]; at--)
      if (bytes[at] === COLON) {
        fields.starts[0] = at + 1;
        break;
      }
    const isOfCache = this.#cacheEvents.line(fields);
    if (isOfCache !== undefined) return isOfCache;
    const found = this.#events.find(({ name }) => fields.is(0, name));
    if (!found) return true;
    const at = found.offset;
    if (!fields.is(at - 1, OFFSET) || !fields.is(at + 1, BYTES)) return false;
    const offset = found.isHex ? fields.hexadecimal(at) : fields.decimal(at);
    const length = fields.decimal(at + 2);
    const flags = found.flags === undefined ? 0 : fields.hexadecimal(found.flags);
    if (Number.isNaN(offset + length + flags)) return false;
    if (!this.volumes.takes(fields, found.volume)) return true;
    sink.add(kindOf(found.kind, flags), offset, length);
    if (found.kind === KIND.write && (flags & FUA) !== 0) sink.add(KIND.flush, 0, 0);
    return true;
  }
}

function kindOf(kind: number, flags: number): number {
  if (kind !== KIND.write || (flags & ZERO_WRITE) === 0) return kind;
  return (flags & MAY_UNMAP) === 0 ? KIND['write-zeroes'] : KIND['write-zeroes-unmap'];
}
