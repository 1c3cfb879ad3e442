/** What QEMU traced of one operation, in program order. */
export interface Trace {
  /** Writes to the image's file, and to its data file; holes are not traced. */
  readonly writes: readonly TracedWrite[];
  /** Tables looked up in the metadata caches. */
  readonly lookUps: readonly TracedLookUp[];
  /** Pieces of the request were in flight together: the order is one of several. */
  readonly isMixed: boolean;
}

/** Bytes. */
export interface TracedWrite {
  readonly offset: number;
  readonly size: number;
}

export interface TracedLookUp {
  readonly cache: 'l2' | 'refcount';
  /** Host offset in bytes. */
  readonly offset: number;
  readonly isHit: boolean;
}

const EVENTS = [
  'qcow2_cache_get',
  'qcow2_cache_get_replace_entry',
  'bdrv_co_pwritev_part',
  'qcow2_add_task',
];

/** Contents of the file of `-T events=…`. */
export const TRACE_EVENTS = EVENTS.map((event) => `${event}\n`).join('');

const EVENT = new RegExp(`^(${EVENTS.join('|')}) (.*)$`);
/** Of a task that runs beside others. */
const POOL = / pool 0x[0-9a-f]+: /;
const WRITE = /^bs (0x[0-9a-f]+) offset (\d+) bytes (\d+) /;
const LOOK_UP = /^co 0x[0-9a-f]+ is_l2_cache ([01]) offset (0x[0-9a-f]+) /;

export function isTraced(line: string): boolean {
  return EVENT.test(line);
}

/** `isGuestWrite`: the first write among the lines is the guest's own request. */
export function parseTrace(lines: readonly string[], isGuestWrite: boolean): Trace {
  const writes: (TracedWrite & { readonly node: string })[] = [];
  const lookUps: TracedLookUp[] = [];
  for (const line of lines) {
    const [, event, rest] = EVENT.exec(line) ?? ['', '', ''];
    const write = event === 'bdrv_co_pwritev_part' ? WRITE.exec(rest) : null;
    if (write !== null) {
      writes.push({ node: write[1], offset: Number(write[2]), size: Number(write[3]) });
    }
    const lookUp = event === 'qcow2_cache_get' ? LOOK_UP.exec(rest) : null;
    if (lookUp !== null) {
      const cache = lookUp[1] === '1' ? 'l2' : 'refcount';
      lookUps.push({ cache, offset: Number(lookUp[2]), isHit: true });
    }
    const last = lookUps.at(-1);
    if (event === 'qcow2_cache_get_replace_entry' && last !== undefined) {
      lookUps[lookUps.length - 1] = { ...last, isHit: false };
    }
  }
  const guest = isGuestWrite ? writes[0]?.node : undefined;
  return {
    writes: writes
      .filter(({ node, size }) => node !== guest && size > 0)
      .map(({ offset, size }) => ({ offset, size })),
    lookUps,
    isMixed: lines.some((line) => line.startsWith('qcow2_add_task ') && POOL.test(line)),
  };
}
