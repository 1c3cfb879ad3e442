import type { ByteSource } from '../../core/byteSource.js';
import type { GuestRun } from '../../core/guest/guestRun.js';
import { layeredMap } from '../../core/guest/backingChain.js';
import { BackingChain } from '../../node/chain/backingChain.js';
import { MapLayer } from '../../node/chain/mapLayer.js';
import type { OpenFile } from '../../node/fileSource.js';

/** A stretch of the guest disk in `qemu-img map`. Offsets and lengths in bytes. */
export interface MapEntry {
  readonly start: number;
  readonly length: number;
  /** Layer of the backing chain; 0 is the image itself. */
  readonly depth: number;
  readonly present: boolean;
  readonly zero: boolean;
  readonly data: boolean;
  /** Where it lies in `filename`; undefined when it lies there in another form, or nowhere. */
  readonly offset: number | undefined;
  readonly filename: string;
  readonly compressed: boolean;
}

export interface MapOutcome {
  /** As `qemu-img map`. */
  readonly exitCode: 0 | 1;
  /** The lines that `qemu-img map` prints on stderr. */
  readonly messages: readonly string[];
  /** A backing file is not what it was when it was opened. */
  readonly hasChanged: boolean;
}

/**
 * Maps the guest disk as `qemu-img map` does; through the backing chain, whose files it
 * opens by `open`, or without that this layer alone. Ends where the metadata is damaged, with all that comes before. Throws on I/O errors.
 */
export function* mapImage(
  source: ByteSource,
  filename: string,
  open?: OpenFile,
): Generator<MapEntry, MapOutcome, void> {
  const chain = new BackingChain(source, filename, open);
  try {
    const messages = [...chain.warnings];
    if (chain.refusal !== undefined) {
      messages.push(`qemu-img: ${chain.refusal}`);
      if (chain.hint !== undefined) messages.push(chain.hint);
      return { exitCode: 1, messages, hasChanged: chain.hasChanged() };
    }
    const layers = chain.files.map((file) => new MapLayer(file, messages));
    let last: MapEntry | undefined;
    for (const { run, depth } of layeredMap(layers)) {
      const layer = layers[depth];
      if (run.kind === 'damaged') {
        layer.signal(run.message);
        messages.push('qemu-img: Could not read file metadata: Input/output error');
        if (last) yield last;
        return { exitCode: 1, messages, hasChanged: chain.hasChanged() };
      }
      const entry = entryOf(run, depth, layer);
      const joined = last && joinedTo(last, entry);
      if (last && !joined) yield last;
      last = joined ?? entry;
    }
    yield last ?? emptyDisk(layers[0]);
    return { exitCode: 0, messages, hasChanged: chain.hasChanged() };
  } finally {
    chain.close();
  }
}

function entryOf(
  run: Exclude<GuestRun, { kind: 'damaged' }>,
  depth: number,
  layer: MapLayer,
): MapEntry {
  const { start, length, kind } = run;
  const data = kind === 'normal' || kind === 'compressed';
  const present = data || kind === 'zero-plain' || kind === 'zero-allocated';
  return {
    start,
    length,
    depth,
    present,
    zero: !data,
    data,
    offset: 'hostOffset' in run && !layer.isEncrypted ? run.hostOffset : undefined,
    filename: layer.dataFile,
    compressed: kind === 'compressed',
  };
}

/** Both as one, if they are alike and the second goes on where the first ends (entry_mergeable). */
function joinedTo(first: MapEntry, second: MapEntry): MapEntry | undefined {
  const isAlike =
    first.zero === second.zero &&
    first.data === second.data &&
    first.compressed === second.compressed &&
    first.depth === second.depth &&
    first.present === second.present;
  const expected = first.offset === undefined ? undefined : first.offset + first.length;
  if (!isAlike || second.offset !== expected) return undefined;
  return { ...first, length: first.length + second.length };
}

/** What QEMU prints for a disk of no length. */
function emptyDisk(layer: MapLayer): MapEntry {
  return {
    start: 0,
    length: 0,
    depth: 0,
    present: false,
    zero: false,
    data: false,
    offset: undefined,
    filename: layer.dataFile,
    compressed: false,
  };
}
