import { batch, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Finding } from '../../../src/core/check/finding.js';
import type { Store } from '../../state/store.js';
import { count } from '../../text/text.js';
import { FindingDetails } from './findingDetails.js';
import { ALL, findingFilterOf } from '../../state/findingFilter.js';
import { FindingFilters } from './findingFilters.js';
import { clusterToShow, FindingLine } from '../../parts/findingLine.js';
import { Icon } from '../../parts/icon.js';
import { showOffset } from '../../parts/offsetLink.js';
import { offsetOf } from '../../../src/core/units.js';

/** CSS pixels of a line, as in style.css. */
const LINE = 64;
/** Findings asked for at a time. */
const PAGE = 100;
/** Lines kept above and below what is visible. */
const AROUND = 8;
/** Browsers clip elements that are taller than some ten million pixels. */
const MAX_LINES = 200_000;

type Pages = ReadonlyMap<number, readonly Finding[]>;

/** The line whose details are shown, and how many pixels they take. */
interface Opened {
  readonly line: number;
  readonly height: number;
}

/** All findings, of which only those in sight are fetched and built. */
export function FindingsPane({ store }: { readonly store: Store }): JSX.Element {
  const filter = findingFilterOf(store);
  const pages = useSignal<Pages>(new Map());
  const total = useSignal<number | undefined>(undefined);
  const opened = useSignal<Opened | undefined>(undefined);
  const top = useSignal(0);
  const height = useSignal(600);

  // A new scan or another filter: other findings.
  useSignalEffect(() => {
    const query = { from: 0, count: PAGE, ...filter.value };
    const { state } = store.scan.value;
    let current = true;
    pages.value = new Map();
    total.value = undefined;
    opened.value = undefined;
    if (state === 'scanned') {
      void store.rpc.ask('findings', query).then(
        (page) => {
          if (!current) return;
          batch(() => {
            total.value = page.total;
            pages.value = new Map([[0, page.findings]]);
          });
        },
        () => {
          // The worker is gone; what it says next comes with a new scan.
          current = false;
        },
      );
    }
    return () => {
      current = false;
    };
  });

  const lines = Math.min(total.value ?? 0, MAX_LINES);
  const details = opened.value?.height ?? 0;
  const first = Math.max(0, Math.floor((top.value - details) / LINE) - AROUND);
  const last = Math.min(lines, Math.ceil((top.value + height.value) / LINE) + AROUND);
  const fetchPages = (): void => {
    for (let page = Math.floor(first / PAGE); page < Math.ceil(last / PAGE); page++) {
      if (pages.value.has(page)) continue;
      const asked = pages.value;
      pages.value = new Map(asked).set(page, []);
      const wanted = filter.value;
      void store.rpc.ask('findings', { from: page * PAGE, count: PAGE, ...wanted }).then(
        ({ findings }) => {
          if (filter.value === wanted) pages.value = new Map(pages.value).set(page, findings);
        },
        () => undefined,
      );
    }
  };
  const toggle = (line: number, finding: Finding): void => {
    if (opened.value?.line === line) {
      opened.value = undefined;
      return;
    }
    opened.value = { line, height: 0 };
    showOffset(store, offsetOf(clusterToShow(finding, store), store));
  };

  return (
    <div class="findings">
      <FindingFilters
        store={store}
        filter={filter.value}
        onChoose={(chosen) => {
          filter.value = chosen;
        }}
      />
      {total.value === 0 && <NothingFound filtered={filter.value !== ALL} />}
      {total.value === undefined && <p class="hint dim">{waitingText(store)}</p>}
      <div
        class="finding-list"
        role="list"
        aria-label="Findings"
        tabIndex={0}
        onScroll={({ currentTarget }) => {
          batch(() => {
            top.value = currentTarget.scrollTop;
            height.value = currentTarget.clientHeight;
          });
          fetchPages();
        }}
      >
        <div class="finding-space" style={{ height: `${lines * LINE + details}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((line) => {
            const finding = pages.value.get(Math.floor(line / PAGE))?.[line % PAGE];
            const isOpen = opened.value?.line === line;
            const below = opened.value !== undefined && line > opened.value.line ? details : 0;
            return (
              <div
                key={line}
                role="listitem"
                class={isOpen ? 'finding-slot open' : 'finding-slot'}
                style={{ top: `${line * LINE + below}px` }}
              >
                {finding && (
                  <FindingLine
                    finding={finding}
                    store={store}
                    isOpen={isOpen}
                    onClick={() => {
                      toggle(line, finding);
                    }}
                  />
                )}
                {finding && isOpen && (
                  <Measured
                    onHeight={(pixels) => {
                      // A late word of details that have just been closed does not open them again.
                      if (opened.value?.line === line) opened.value = { line, height: pixels };
                    }}
                  >
                    <FindingDetails finding={finding} store={store} />
                  </Measured>
                )}
              </div>
            );
          })}
        </div>
      </div>
      {(total.value ?? 0) > MAX_LINES && (
        <p class="dim">
          The first {count(MAX_LINES)} of {count(total.value ?? 0)} are listed.
        </p>
      )}
    </div>
  );
}

interface MeasuredProps {
  readonly children: JSX.Element;
  /** Hears of every height, in CSS pixels. */
  readonly onHeight: (pixels: number) => void;
}

function Measured({ children, onHeight }: MeasuredProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => {
      onHeight(contentRect.height);
    });
    if (element.current) observer.observe(element.current);
    return () => {
      observer.disconnect();
    };
  }, []);
  return <div ref={element}>{children}</div>;
}

const NothingFound = ({ filtered }: { readonly filtered: boolean }): JSX.Element => (
  <div class="hint">
    <Icon name="pass" />
    <p>{filtered ? 'No such finding.' : 'No findings: refcounts and references agree.'}</p>
  </div>
);

function waitingText(store: Store): string {
  switch (store.scan.value.state) {
    case 'scanning':
      return 'Findings come when the scan is done.';
    case 'cancelled':
      return 'The scan was cancelled before it could compare refcounts.';
    case 'scanned':
      return 'Loading…';
  }
}
