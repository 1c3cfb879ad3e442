import type { JSX } from 'preact';
import { Row } from '../../parts/row.js';
import { commandLine, Commands, fileName } from '../../parts/commands.js';
import type { KnownSpace } from '../../parts/whatIf.js';
import type { Store } from '../../state/store.js';
import { size } from '../../text/text.js';

/** What the file takes of the machine's disk, as far as that is known. */
export function HostRoom({
  store,
  answer,
}: {
  readonly store: Store;
  readonly answer: KnownSpace;
}): JSX.Element {
  const { file, parts } = answer;
  const { bytes, allocatedBytes } = file;
  const unused = parts.reduce(
    (sum, { kind, bytes: part }) =>
      sum + (kind === 'free' || kind === 'tail' || kind === 'leaked' ? part : 0),
    0,
  );
  const used = bytes - unused;
  return (
    <section aria-labelledby="host-room">
      <h2 class="section-title" id="host-room">
        On this machine
      </h2>
      <dl class="space-rows">
        <Row name="length of the file">{size(bytes)}</Row>
        {allocatedBytes !== undefined && (
          <>
            <Row name="takes of the machine's disk">{size(allocatedBytes)}</Row>
            <Row name="holes">{size(Math.max(0, bytes - allocatedBytes))}</Row>
          </>
        )}
        <Row name="in use by the image">{size(used)}</Row>
      </dl>
      <p class="dim space-note">{stillTaken(used, unused, allocatedBytes)}</p>
      {unused > 0 && (
        <>
          <p class="dim space-note">Where the holes are:</p>
          <Commands
            store={store}
            lines={[commandLine(store, 'qemu-img map -f raw', fileName(store))]}
          />
        </>
      )}
    </section>
  );
}

/** What of the unused clusters takes blocks all the same: of that a bound is known, at best. */
function stillTaken(used: number, unused: number, allocated: number | undefined): string {
  if (allocated === undefined) return 'What the file takes of the machine’s disk is not known.';
  if (unused === 0) return 'Every cluster of the file is in use.';
  const least = Math.min(unused, allocated - used);
  const most = size(Math.min(unused, allocated));
  const why = 'an editor is not told where the holes lie (SEEK_HOLE)';
  return least > 0
    ? `Of ${size(unused)} that nobody uses, at least ${size(least)} and at most ${most} still take room: ${why}. A discard by the guest, or a new file, gives that back.`
    : `Of ${size(unused)} that nobody uses, at most ${most} still take room, perhaps none: ${why}.`;
}
