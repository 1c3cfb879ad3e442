import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Rows kept above and below what is visible. */
const AROUND = 10;
/** Browsers clip elements that are taller than some ten million pixels. */
const MAX_PIXELS = 8_000_000;

/** Which rows of a long list are in sight, and so have to be there. */
export interface VisibleRows {
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Rows that can be listed at all. */
  readonly rows: number;
  readonly first: number;
  /** Behind the last one. */
  readonly last: number;
  /** CSS pixels of the part that shows rows. */
  readonly height: number;
  /** Rows that fit into it. */
  readonly fitting: number;
  /** To be called as the list is scrolled. */
  measure(): void;
  bringIntoView(row: number): void;
}

/**
 * @param rowHeight CSS pixels, as in the style sheet
 * @param head CSS pixels of a line above the rows that stays in sight
 */
export function useVisibleRows(total: number, rowHeight: number, head = 0): VisibleRows {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 300 });
  const measure = (): void => {
    const element = scroller.current;
    if (element) setView({ top: element.scrollTop, height: element.clientHeight - head });
  };
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    if (scroller.current) observer.observe(scroller.current);
    return () => {
      observer.disconnect();
    };
  }, []);
  const rows = Math.min(total, Math.floor(MAX_PIXELS / rowHeight));
  const inSight = Math.floor(view.top / rowHeight);
  const fitting = Math.max(1, Math.floor(view.height / rowHeight));
  return {
    scroller,
    rows,
    // In steps, so that not every row that is scrolled past is a question of its own.
    first: Math.min(rows, Math.max(0, Math.floor(inSight / AROUND - 1) * AROUND)),
    last: Math.min(rows, Math.ceil((inSight + fitting) / AROUND + 1) * AROUND),
    height: view.height,
    fitting,
    measure,
    bringIntoView: (row) => {
      const element = scroller.current;
      if (!element) return;
      const top = row * rowHeight;
      const { scrollTop } = element;
      const height = element.clientHeight - head;
      if (top < scrollTop) element.scrollTop = top;
      else if (top + rowHeight > scrollTop + height) element.scrollTop = top + rowHeight - height;
    },
  };
}
