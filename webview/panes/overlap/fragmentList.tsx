import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { typeNames, type TypeSet } from '../../../src/core/overlap/types.js';
import type { OpenedWindow } from '../../../src/protocol/overlap.js';
import { kindVariable } from '../../heatmap/palette.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { count } from '../../text/text.js';
import { useVisibleRows } from '../../parts/useVisibleRows.js';

/** CSS pixels of a row, as in overlap.css. */
const ROW = 20;

type Fragment = OpenedWindow['fragments'][number];

interface Props {
  readonly fragments: readonly Fragment[];
  /** Index of the one pointed at. */
  readonly pointed: Signal<number | undefined>;
}

/** The fragments that encode a window, each with its four bytes. */
export function FragmentList({ fragments, pointed }: Props): JSX.Element {
  const visible = useVisibleRows(fragments.length, ROW);
  const shown = fragments.slice(visible.first, visible.last);
  return (
    <div
      class="fragment-table"
      role="table"
      aria-label="Fragments"
      aria-rowcount={fragments.length + 1}
    >
      <div class="fragment-row head" role="row" aria-rowindex={1}>
        <span role="columnheader">First</span>
        <span role="columnheader">Clusters</span>
        <span role="columnheader">Bytes</span>
        <span role="columnheader">Types</span>
      </div>
      <div
        ref={visible.scroller}
        class="fragment-rows row-list"
        role="rowgroup"
        tabIndex={0}
        onScroll={() => {
          visible.measure();
        }}
        onPointerLeave={() => {
          pointed.value = undefined;
        }}
      >
        <div class="row-space" role="presentation" style={{ height: `${visible.rows * ROW}px` }}>
          {shown.map((fragment, i) => {
            const index = visible.first + i;
            return (
              <div
                key={index}
                class={pointed.value === index ? 'fragment-row pointed' : 'fragment-row'}
                role="row"
                aria-rowindex={index + 2}
                style={{ top: `${index * ROW}px` }}
                onPointerEnter={() => {
                  pointed.value = index;
                }}
              >
                <span role="cell" class="number">
                  {fragment.start}
                </span>
                <span role="cell" class="number">
                  {count(fragment.clusters)}
                </span>
                <span role="cell" class="mono">
                  {bytesOf(fragment)}
                </span>
                <span role="cell">
                  <Types types={fragment.types} />
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

const Types = ({ types }: { readonly types: TypeSet }): JSX.Element => (
  <>
    {typeNames(types).map((type) => (
      <span key={type} class="fragment-type">
        <span class="swatch" style={{ background: `var(${kindVariable(type)})` }} />
        {KIND_TEXT[type]}{' '}
      </span>
    ))}
  </>
);

/** As they lie in memory: types, clusters less one, first cluster with its low byte first. */
export function bytesOf({ start, clusters, types }: Fragment): string {
  return [types, clusters - 1, start & 0xff, start >>> 8]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');
}
