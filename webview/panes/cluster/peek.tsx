import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { hex } from '../../../src/core/bytes.js';
import type { ClusterDetail } from '../../../src/core/inspect/inspection.js';
import { clean, messageOf } from '../../../src/core/text.js';
import { hostOffset } from '../../../src/core/units.js';
import { Icon, IconButton } from '../../parts/icon.js';
import { HexButton } from '../../parts/offsetButtons.js';
import { OffsetLink } from '../../parts/offsetLink.js';
import { peekOf } from '../../state/peekState.js';
import type { Store } from '../../state/store.js';
import { showInTree } from '../../state/treeWish.js';
import { count } from '../../text/text.js';
import { fieldsOf, type PeekField } from './peekFields.js';

/** Bytes of a row, and of the rows that are shown at a time. */
const ROW = 16;
const PAGE = 32 * ROW;

interface Props {
  readonly store: Store;
  readonly detail: ClusterDetail;
}

/** The bytes of the selected cluster, a page at a time; nothing is read until it is opened. */
export function Peek({ store, detail }: Props): JSX.Element {
  const { isOpen } = peekOf(store);
  return (
    <details
      class="peek"
      open={isOpen.value}
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary>
        <Icon name="chevron-right" />
        <span>Bytes</span>
      </summary>
      {isOpen.value && <Page store={store} detail={detail} />}
    </details>
  );
}

type Read =
  | { readonly start: number; readonly digits: string }
  | { readonly start: number; readonly failure: string };

function Page({ store, detail }: Props): JSX.Element {
  const { at } = peekOf(store);
  const { offset } = detail;
  const { clusterSize } = store;
  const looked = (at.value ?? offset) - offset;
  const isHere = at.value !== undefined && looked >= 0 && looked < clusterSize;
  const page = isHere ? Math.floor(looked / PAGE) : 0;
  const pages = Math.max(1, Math.ceil(clusterSize / PAGE));
  const start = offset + page * PAGE;
  const read = useBytes(store, start, Math.min(PAGE, clusterSize));
  const turn = (to: number): void => {
    at.value = hostOffset(offset + Math.min(Math.max(to, 0), pages - 1) * PAGE);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'PageUp' && event.key !== 'PageDown') return;
    event.preventDefault();
    turn(page + (event.key === 'PageDown' ? 1 : -1));
  };
  return (
    <div class="peek-page" role="group" aria-label="Bytes of the cluster" onKeyDown={onKeyDown}>
      <div class="peek-controls">
        <IconButton
          icon="chevron-left"
          label="Bytes before"
          onClick={() => {
            turn(page - 1);
          }}
        />
        <span class="dim" role="status">
          page {count(page + 1)} of {count(pages)}
        </span>
        <IconButton
          icon="chevron-right"
          label="Bytes after"
          onClick={() => {
            turn(page + 1);
          }}
        />
        <HexButton store={store} offset={hostOffset(start)} />
        <button
          type="button"
          class="link"
          title="Show in the Structures tab what these bytes are"
          onClick={() => {
            showInTree(store, at.value !== undefined && isHere ? at.value : offset);
          }}
        >
          Structures
        </button>
      </div>
      {read && 'failure' in read && <p class="dim">{clean(read.failure)}</p>}
      {read && 'digits' in read && (
        <div
          class="peek-rows"
          tabIndex={0}
          role="region"
          aria-label={`Bytes from ${hex(start)} on`}
        >
          <table>
            <tbody>
              {rowsOf(read.digits).map((row, index) => (
                <PeekRow
                  key={index}
                  store={store}
                  at={read.start + index * ROW}
                  row={row}
                  isLookedAt={isHere && Math.floor((looked % PAGE) / ROW) === index}
                  fields={fieldsOf(detail, row, read.start - offset + index * ROW, {
                    extendedL2: store.geometry.value?.extendedL2 ?? false,
                    refcountBits: store.geometry.value?.refcountBits ?? 16,
                    clusterSize,
                  })}
                />
              ))}
            </tbody>
          </table>
          {read.digits === '' && <p class="dim">The file ends before.</p>}
        </div>
      )}
    </div>
  );
}

interface RowProps {
  readonly store: Store;
  readonly at: number;
  readonly row: Uint8Array;
  readonly isLookedAt: boolean;
  readonly fields: readonly PeekField[];
}

function PeekRow({ store, at, row, isLookedAt, fields }: RowProps): JSX.Element {
  return (
    <tr class={isLookedAt ? 'looked-at' : undefined} aria-current={isLookedAt ? 'true' : undefined}>
      <th scope="row" class="mono">
        {hex(at)}
      </th>
      <td class="mono">{hexText(row)}</td>
      <td class="mono dim">{printable(row)}</td>
      {fields.length > 0 && (
        <td class="peek-fields">
          {fields.map(({ name, target, text }, index) => (
            <span key={index}>
              <span class="dim">{name}</span> {text}
              {target !== undefined && <OffsetLink store={store} offset={target} />}
            </span>
          ))}
        </td>
      )}
    </tr>
  );
}

/** The bytes once they are there; those of the page before are kept until then. */
function useBytes(store: Store, start: number, length: number): Read | undefined {
  const [read, setRead] = useState<Read | undefined>(undefined);
  const generation = store.generation.value;
  useEffect(() => {
    let isWanted = true;
    store.rpc.ask('peek', { offset: hostOffset(start), length }).then(
      (digits) => {
        if (isWanted) setRead({ start, digits });
      },
      (error: unknown) => {
        if (isWanted) setRead({ start, failure: messageOf(error) });
      },
    );
    return () => {
      isWanted = false;
    };
  }, [store, start, length, generation]);
  return read;
}

function rowsOf(digits: string): Uint8Array[] {
  const bytes = Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
  return Array.from({ length: Math.ceil(bytes.length / ROW) }, (_, i) =>
    bytes.slice(i * ROW, (i + 1) * ROW),
  );
}

/** `51 46 49 fb …`, with a gap in the middle. */
const hexText = (row: Uint8Array): string =>
  Array.from(
    row,
    (byte, i) => `${i === ROW / 2 ? ' ' : ''}${byte.toString(16).padStart(2, '0')}`,
  ).join(' ');

/** ASCII as it is; a dot for all else. */
const printable = (row: Uint8Array): string =>
  Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join(
    '',
  );
