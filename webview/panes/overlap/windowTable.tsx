import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { firstOf } from '../../../src/core/picture/windowNumber.js';
import { heldByWindow } from '../../../src/core/overlap/memory.js';
import type { OverlapWindow } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { count } from '../../text/text.js';
import { Icon } from '../../parts/icon.js';
import { detailsWishOf } from './detailsWish.js';
import { KindSwatches } from './kindSwatches.js';
import { useOverlapAnswer } from './useOverlapAnswer.js';
import { useVisibleRows } from '../../parts/useVisibleRows.js';
import { ageText, EXPOSURE_TEXT, FORM_TEXT } from './windowWords.js';
import type { WindowColumn } from '../../../src/core/overlap/windowOrder.js';
import { hex } from '../../../src/core/bytes.js';
import { hostCluster } from '../../../src/core/units.js';

/** CSS pixels of a row, as in overlap.css. */
const ROW = 22;

interface Column {
  readonly column: WindowColumn | 'kinds';
  readonly name: string;
  readonly title: string;
}

const COLUMNS: readonly Column[] = [
  { column: 'window', name: 'Window', title: 'Number of the window, and where it begins' },
  { column: 'state', name: 'State', title: 'How it is kept; what is unprotected comes last' },
  { column: 'used', name: 'Used', title: 'Fragments in its list' },
  { column: 'allocated', name: 'Room', title: 'Fragments that its list has room for' },
  { column: 'bytes', name: 'Bytes', title: 'Its bitmap and its list' },
  { column: 'age', name: 'Age', title: 'Uses of any window since it was last used' },
  { column: 'kinds', name: 'Holds', title: 'Kinds of metadata in it' },
];

interface Sort {
  readonly column: WindowColumn;
  readonly descending: boolean;
}

/** All windows that hold something or are unprotected; only the rows in sight are asked for. */
export function WindowTable({ store }: { readonly store: Store }): JSX.Element {
  const { overlap } = store;
  const sort = useSignal<Sort>({ column: 'window', descending: false });
  const total = useSignal(0);
  /** A line to be selected as soon as it is known which window it has. */
  const wanted = useSignal<number | undefined>(undefined);
  const wantedLine = wanted.value;
  const visible = useVisibleRows(total.value, ROW, ROW);
  const selected = overlap.selectedWindow.value;
  const { column, descending } = sort.value;
  const page = useOverlapAnswer(
    store,
    'overlapWindows',
    overlap.answered.value && {
      ...overlap.answered.value,
      sort: column,
      descending,
      from: visible.first,
      count: Math.max(visible.last - visible.first, ROW),
      find: selected,
    },
  );
  const found = page?.query.find === selected ? page?.answer.found : undefined;
  const rowAt = (line: number): OverlapWindow | undefined =>
    page?.answer.windows[line - page.query.from];
  total.value = page?.answer.total ?? 0;
  /** The line that the next key goes from: keys may come faster than answers. */
  const current = useRef<number | undefined>(undefined);
  if (wantedLine === undefined && (found !== undefined || selected === undefined))
    current.current = found;

  // A window selected elsewhere comes into sight; while the user steps, the list stays where it is.
  const revealed = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (selected === undefined || found === undefined || revealed.current === selected) return;
    revealed.current = selected;
    visible.bringIntoView(found);
  }, [selected, found]);
  useEffect(() => {
    const row = wantedLine === undefined ? undefined : rowAt(wantedLine);
    if (!row) return;
    wanted.value = undefined;
    overlap.selectedWindow.value = row.window;
  });

  const go = (line: number): void => {
    const within = Math.max(0, Math.min(line, visible.rows - 1));
    current.current = within;
    wanted.value = within;
    visible.bringIntoView(within);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const line = lineOfKey(event.key, current.current, visible.fitting, visible.rows);
    if (line !== undefined) go(line);
    else if (event.key === 'Enter' && selected !== undefined)
      store.selection.goTo(hostCluster(firstOf(selected)));
    else return;
    event.preventDefault();
  };

  if (page?.answer.total === 0) return <p class="dim">No window holds anything.</p>;
  const lines = Array.from({ length: visible.last - visible.first }, (_, i) => visible.first + i);
  return (
    <div
      ref={visible.scroller}
      class="window-table row-list"
      role="grid"
      aria-label="Windows"
      aria-rowcount={total.value + 1}
      aria-activedescendant={found === undefined ? undefined : rowId(found)}
      tabIndex={0}
      style={{ height: `${(Math.min(visible.rows, 10) + 1) * ROW}px` }}
      onKeyDown={onKeyDown}
      onScroll={() => {
        visible.measure();
      }}
    >
      <div class="window-row head" role="row" aria-rowindex={1}>
        {COLUMNS.map((each) => (
          <Head
            key={each.column}
            column={each}
            sort={sort.value}
            onSort={(next) => {
              sort.value = next;
              if (visible.scroller.current) visible.scroller.current.scrollTop = 0;
            }}
          />
        ))}
      </div>
      <div
        class="window-rows row-space"
        role="rowgroup"
        style={{ height: `${visible.rows * ROW}px` }}
      >
        {lines.map((line) => (
          <WindowRow
            key={line}
            line={line}
            row={rowAt(line)}
            isSelected={rowAt(line)?.window === selected && selected !== undefined}
            onSelect={(window) => {
              revealed.current = window;
              overlap.selectedWindow.value = window;
              detailsWishOf(store).value = true;
            }}
          />
        ))}
      </div>
    </div>
  );
}

const rowId = (line: number): string => `window-line-${line}`;

/** The line that a key leads to (WAI-ARIA's grid pattern). */
function lineOfKey(
  key: string,
  line: number | undefined,
  fitting: number,
  rows: number,
): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return (line ?? -1) + 1;
    case 'ArrowUp':
      return (line ?? 1) - 1;
    case 'PageDown':
      return (line ?? 0) + fitting;
    case 'PageUp':
      return (line ?? 0) - fitting;
    case 'Home':
      return 0;
    case 'End':
      return rows - 1;
    default:
      return undefined;
  }
}

interface HeadProps {
  readonly column: Column;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

function Head({ column: { column, name, title }, sort, onSort }: HeadProps): JSX.Element {
  if (column === 'kinds')
    return (
      <span role="columnheader" data-column={column} title={title}>
        {name}
      </span>
    );
  const isSorted = sort.column === column;
  const { descending } = sort;
  return (
    <span
      role="columnheader"
      data-column={column}
      title={title}
      aria-sort={isSorted ? (descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        onClick={() => {
          onSort({ column, descending: isSorted && !descending });
        }}
      >
        {name}
        {isSorted && <Icon name={descending ? 'arrow-down' : 'arrow-up'} />}
      </button>
    </span>
  );
}

interface RowProps {
  readonly line: number;
  /** Undefined until it has come. */
  readonly row: OverlapWindow | undefined;
  readonly isSelected: boolean;
  readonly onSelect: (window: number) => void;
}

function WindowRow({ line, row, isSelected, onSelect }: RowProps): JSX.Element {
  return (
    <div
      id={rowId(line)}
      class={isSelected ? 'window-row selected' : 'window-row'}
      role="row"
      aria-rowindex={line + 2}
      aria-selected={isSelected}
      style={{ top: `${line * ROW}px` }}
      onClick={() => {
        if (row) onSelect(row.window);
      }}
    >
      {row ? (
        <Cells row={row} />
      ) : (
        <span role="gridcell" class="dim">
          …
        </span>
      )}
    </div>
  );
}

function Cells({ row }: { readonly row: OverlapWindow }): JSX.Element {
  const { window, start, form, exposure, used, allocated, modified, age } = row;
  return (
    <>
      <span role="gridcell" data-column="window">
        <span class="number">{count(window)}</span> <span class="mono dim">{hex(start)}</span>
      </span>
      <span
        role="gridcell"
        data-column="state"
        title={exposure ? EXPOSURE_TEXT[exposure] : FORM_TEXT[form].title}
      >
        <span class={`swatch window-${exposure ?? form}`} />
        <span class="state-text">{exposure ?? form}</span>
      </span>
      <span
        role="gridcell"
        data-column="used"
        class="number"
        title={modified ? 'The list is out of date: its bitmap has been changed' : undefined}
      >
        {count(used)}
      </span>
      <span role="gridcell" data-column="allocated" class="number">
        {count(allocated)}
      </span>
      <span role="gridcell" data-column="bytes" class="number">
        {count(heldByWindow(form, allocated))}
      </span>
      <span role="gridcell" data-column="age" class="number" title={ageText(age)}>
        {age === undefined ? '–' : count(age)}
      </span>
      <span role="gridcell" data-column="kinds">
        <KindSwatches row={row} />
      </span>
    </>
  );
}
