import { useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { JSX } from 'preact';
import type { FileRun, RunOrder } from '../../../src/core/inspect/fileRuns.js';
import { kindVariable } from '../../heatmap/palette.js';
import type { Store } from '../../state/store.js';
import { type RangeList, rangesOf } from './rangeList.js';
import { Icon } from '../../parts/icon.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { count, shareText, size } from '../../text/text.js';
import { RangeFilter } from './rangeFilter.js';
import { useVisibleRows } from '../../parts/useVisibleRows.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';
import { clusterOf } from '../../../src/core/units.js';

/** CSS pixels of a row, as in ranges.css. */
const ROW = 22;
/** … and of a digit, about. */
const MONO = 7.5;

interface Props {
  readonly store: Store;
}

/** What the map shows, as a table: runs of clusters that hold the same and are counted alike. */
export function RangesPane({ store }: Props): JSX.Element {
  const isScanned = store.scan.value.state === 'scanned';
  return (
    <div class="ranges">
      <RangeFilter store={store} />
      {isScanned ? <RangeGrid store={store} /> : <p class="hint dim">{waitingText(store)}</p>}
    </div>
  );
}

function RangeGrid({ store }: Props): JSX.Element {
  const list = rangesOf(store);
  const total = list.total.value;
  const chosen = list.chosen.value;
  const visible = useVisibleRows(total ?? 0, ROW, ROW);
  const { rows, first, last } = visible;

  useEffect(() => {
    list.fetch(first, last);
  }, [list, total, first, last]);
  // What is selected on the map is chosen here.
  useSignalEffect(() => {
    const selected = store.selection.selected.value;
    if (selected !== undefined) void list.chooseAt(selected, store.clusterSize);
  });
  useEffect(() => {
    if (chosen !== undefined) visible.bringIntoView(chosen);
  }, [chosen, visible.height]);

  /** Shows a range on the map; on the way to another it is no place to come back to. */
  const choose = (index: number, isStep: boolean): void => {
    const to = Math.max(0, Math.min(index, rows - 1));
    list.choose(to);
    const run = list.range(to);
    if (!run) return;
    const cluster = clusterOf(run.offset, store);
    if (isStep) store.selection.stepTo(cluster);
    else store.selection.goTo(cluster);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Keys may come faster than this is drawn.
    const now = list.chosen.value;
    const index = indexAfter(event, now, Math.max(1, visible.fitting - 1), rows);
    if (index === undefined) return;
    event.preventDefault();
    choose(index, index !== now);
  };

  return (
    <>
      <div
        ref={visible.scroller}
        class="range-grid"
        role="grid"
        aria-label="Ranges of host clusters"
        aria-rowcount={rows + 1}
        aria-activedescendant={chosen === undefined ? undefined : rowId(chosen)}
        tabIndex={0}
        style={widths(store)}
        onScroll={() => {
          visible.measure();
        }}
        onKeyDown={onKeyDown}
        onFocus={({ currentTarget }) => {
          if (chosen === undefined && currentTarget.matches(':focus-visible') && rows > 0)
            choose(0, true);
        }}
      >
        <div class="range-row range-head" role="row" aria-rowindex={1}>
          <SortHeader list={list} order="place" text="Host offset" direction="ascending" />
          <span role="columnheader" data-column="end" title="The byte after the last">
            End
          </span>
          <span role="columnheader">Clusters</span>
          <SortHeader list={list} order="size" text="Size" direction="descending" />
          <span role="columnheader" data-column="share" title="Of the file's clusters">
            Share
          </span>
          <span role="columnheader">Holds</span>
          <span role="columnheader" title="Stored refcount, and the references where they differ">
            Refs
          </span>
        </div>
        <div class="range-space" role="rowgroup" style={{ height: `${rows * ROW}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((index) => (
            <RangeRow
              key={index}
              index={index}
              run={list.range(index)}
              isChosen={index === chosen}
              clusterSize={store.clusterSize}
              hostClusters={store.geometry.value?.hostClusters ?? 0}
              onChoose={() => {
                choose(index, false);
              }}
            />
          ))}
        </div>
        {total === 0 && <p class="hint dim">There is no such range.</p>}
        {list.failure.value !== undefined && <p class="hint dim">{clean(list.failure.value)}</p>}
      </div>
      {(total ?? 0) > rows && (
        <p class="range-more dim">
          The first {count(rows)} of {count(total ?? 0)} are listed.
        </p>
      )}
    </>
  );
}

interface SortHeaderProps {
  readonly list: RangeList;
  readonly order: RunOrder;
  readonly text: string;
  readonly direction: 'ascending' | 'descending';
}

/** The head of a column by which the ranges can be sorted. */
function SortHeader({ list, order, text, direction }: SortHeaderProps): JSX.Element {
  const isSorted = list.order.value === order;
  return (
    <span role="columnheader" aria-sort={isSorted ? direction : 'none'}>
      <button
        type="button"
        class="sort"
        title={direction === 'descending' ? 'The longest first' : 'As they lie in the file'}
        onClick={() => {
          list.setOrder(order);
        }}
      >
        {text}
        {isSorted && <Icon name={direction === 'descending' ? 'arrow-down' : 'arrow-up'} />}
      </button>
    </span>
  );
}

/** Widths of the columns with numbers: those of the largest in this file. */
function widths({ facts, geometry }: Store): Record<string, string> {
  const offset = hex(facts.value?.fileSize ?? 0).length;
  const clusters = count(geometry.value?.hostClusters ?? 0).length;
  return {
    '--offset-width': `${Math.max(offset * MONO, 68)}px`,
    '--clusters-width': `${Math.max(clusters * MONO, 52)}px`,
  };
}

const rowId = (index: number): string => `range-${index}`;

interface RowProps {
  readonly index: number;
  /** Undefined until it has been fetched. */
  readonly run: FileRun | undefined;
  readonly isChosen: boolean;
  readonly clusterSize: number;
  /** Of the whole file. */
  readonly hostClusters: number;
  readonly onChoose: () => void;
}

function RangeRow({
  index,
  run,
  isChosen,
  clusterSize,
  hostClusters,
  onChoose,
}: RowProps): JSX.Element {
  return (
    <div
      id={rowId(index)}
      class={isChosen ? 'range-row selected' : 'range-row'}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      style={{ top: `${index * ROW}px` }}
      onClick={onChoose}
    >
      {run ? (
        <>
          <span role="gridcell" class="mono">
            {hex(run.offset)}
          </span>
          <span role="gridcell" class="mono" data-column="end">
            {hex(run.offset + run.clusters * clusterSize)}
          </span>
          <span role="gridcell" class="range-number">
            {count(run.clusters)}
          </span>
          <span role="gridcell" class="range-number">
            {size(run.clusters * clusterSize)}
          </span>
          <span role="gridcell" class="range-number" data-column="share">
            {shareText(run.clusters, hostClusters)}
          </span>
          <span
            role="gridcell"
            class="range-kinds"
            title={run.types.map((t) => KIND_TEXT[t]).join(', ')}
          >
            {run.types.map((kind) => (
              <span key={kind} class="range-kind">
                <span class="swatch" style={{ background: `var(${kindVariable(kind)})` }} />
                {KIND_TEXT[kind]}
              </span>
            ))}
          </span>
          <span role="gridcell" class={isSound(run) ? 'range-number' : 'range-number mismatch'}>
            {countsText(run)}
          </span>
        </>
      ) : (
        <span role="gridcell" class="dim">
          Loading…
        </span>
      )}
    </div>
  );
}

const isSound = ({ refcount, references }: FileRun): boolean =>
  String(refcount) === String(references);

const countsText = (run: FileRun): string =>
  isSound(run) ? String(run.refcount) : `${run.refcount ?? '?'} ≠ ${run.references}`;

/** The row that a key leads to; undefined for keys that lead nowhere. */
function indexAfter(
  { key, ctrlKey, metaKey, altKey }: KeyboardEvent,
  chosen: number | undefined,
  page: number,
  rows: number,
): number | undefined {
  if (ctrlKey || metaKey || altKey || rows === 0) return undefined;
  const from = chosen ?? 0;
  switch (key) {
    case 'ArrowDown':
      return chosen === undefined ? 0 : from + 1;
    case 'ArrowUp':
      return from - 1;
    case 'PageDown':
      return from + page;
    case 'PageUp':
      return from - page;
    case 'Home':
      return 0;
    case 'End':
      return rows - 1;
    case 'Enter':
    case ' ':
      return from;
    default:
      return undefined;
  }
}

function waitingText(store: Store): string {
  return store.scan.value.state === 'cancelled'
    ? 'The scan was cancelled before it could tell what every cluster holds.'
    : 'Ranges come when the scan is done.';
}
