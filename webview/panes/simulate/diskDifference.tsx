import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type {
  DifferencePart,
  DiskDifference as Different,
} from '../../../src/protocol/simulation.js';
import type { Store } from '../../state/store.js';
import { count, size } from '../../text/text.js';
import { IconButton } from '../../parts/icon.js';
import { clean } from '../../../src/core/text.js';

const TITLES: Readonly<Record<DifferencePart['what'], string>> = {
  header: 'Header',
  l1: 'L1 entries',
  l2: 'L2 entries, by guest cluster',
  refcountTable: 'Refcount table',
  refcounts: 'Refcounts, by host cluster',
};

/** What the file would hold afterwards that it does not hold now; asked for when it is opened. */
export function DiskDifference({ store }: { readonly store: Store }): JSX.Element | null {
  const { simulation } = store;
  const isOpen = useSignal(false);
  const answer = useSignal<Different | undefined>(undefined);
  useSignalEffect(() => {
    const query = simulation.done.value;
    let current = true;
    if (query && isOpen.value)
      void simulation.difference(query).then(
        (difference) => {
          if (current) answer.value = difference;
        },
        () => undefined,
      );
    return () => {
      current = false;
    };
  });
  if (simulation.operations.value.length === 0) return null;
  return (
    <section aria-labelledby="difference-title">
      <div class="section-head">
        <h2 class="section-title" id="difference-title">
          On disk after all operations
        </h2>
        <IconButton
          icon={isOpen.value ? 'chevron-down' : 'chevron-right'}
          label="Show what is different in the file"
          pressed={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        />
      </div>
      {isOpen.value && answer.value && <Parts answer={answer.value} store={store} />}
    </section>
  );
}

interface PartsProps {
  readonly answer: Different;
  readonly store: Store;
}

function Parts({ answer: { fileLength, parts, unknown }, store }: PartsProps): JSX.Element {
  const before = store.facts.value?.fileSize ?? fileLength;
  return (
    <div class="difference">
      {fileLength !== before && (
        <p>
          File length {size(before)} → {size(fileLength)}
        </p>
      )}
      {parts.length === 0 && <p class="dim">No metadata is different.</p>}
      {parts.map(({ what, total, lines }) => (
        <table key={what}>
          <caption>
            {TITLES[what]} <span class="dim">{count(total)}</span>
          </caption>
          <tbody>
            {lines.map(({ name, old, new: now }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{old}</td>
                <td aria-hidden="true">→</td>
                <td>{now}</td>
              </tr>
            ))}
          </tbody>
          {total > lines.length && (
            <tfoot>
              <tr>
                <td colSpan={4} class="dim">
                  and {count(total - lines.length)} more
                </td>
              </tr>
            </tfoot>
          )}
        </table>
      ))}
      {unknown.length > 0 && (
        <p class="dim">Not known, after a write of unknown contents: {clean(unknown.join(', '))}</p>
      )}
    </div>
  );
}
