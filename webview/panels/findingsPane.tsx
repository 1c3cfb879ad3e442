import { batch, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { Finding, Severity } from '../../src/core/layout/finding.js';
import type { Store } from '../store.js';
import { count } from '../text.js';
import { FindingLine } from './findingLine.js';
import { Icon } from './icon.js';

/** CSS pixels of a line, as in style.css. */
const LINE = 64;
/** Findings asked for at a time. */
const PAGE = 100;
/** Lines kept above and below what is visible. */
const AROUND = 8;
/** Browsers clip elements that are taller than some ten million pixels. */
const MOST_LINES = 200_000;

const FILTERS: readonly { readonly severity: Severity | undefined; readonly text: string }[] = [
  { severity: undefined, text: 'All' },
  { severity: 'error', text: 'Errors' },
  { severity: 'corruption', text: 'Corruptions' },
  { severity: 'leak', text: 'Leaks' },
  { severity: 'notice', text: 'Notices' },
];

type Pages = ReadonlyMap<number, readonly Finding[]>;

/** All findings, of which only those in sight are fetched and built. */
export function FindingsPane({ store }: { readonly store: Store }): JSX.Element {
  const severity = useSignal<Severity | undefined>(undefined);
  const pages = useSignal<Pages>(new Map());
  const total = useSignal<number | undefined>(undefined);
  const top = useSignal(0);
  const height = useSignal(600);

  // A new scan or another filter: other findings.
  useSignalEffect(() => {
    const query = { from: 0, count: PAGE, severity: severity.value };
    const { state } = store.scan.value;
    let current = true;
    pages.value = new Map();
    total.value = undefined;
    if (state === 'scanned') {
      void store.rpc.findings(query).then(
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

  const lines = Math.min(total.value ?? 0, MOST_LINES);
  const first = Math.max(0, Math.floor(top.value / LINE) - AROUND);
  const last = Math.min(lines, Math.ceil((top.value + height.value) / LINE) + AROUND);
  const needed = Array.from(
    { length: Math.ceil(last / PAGE) - Math.floor(first / PAGE) },
    (_, i) => Math.floor(first / PAGE) + i,
  );
  const fetchPages = (): void => {
    for (const page of needed) {
      if (pages.value.has(page)) continue;
      const asked = pages.value;
      pages.value = new Map(asked).set(page, []);
      const query = { from: page * PAGE, count: PAGE, severity: severity.value };
      void store.rpc.findings(query).then(
        ({ findings }) => {
          if (severity.value === query.severity)
            pages.value = new Map(pages.value).set(page, findings);
        },
        () => undefined,
      );
    }
  };

  return (
    <div class="findings">
      <Filters
        store={store}
        severity={severity.value}
        onChoose={(chosen) => {
          severity.value = chosen;
        }}
      />
      {total.value === 0 && <NothingFound filtered={severity.value !== undefined} />}
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
        <div class="finding-space" style={{ height: `${lines * LINE}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((line) => {
            const finding = pages.value.get(Math.floor(line / PAGE))?.[line % PAGE];
            return (
              <div
                key={line}
                role="listitem"
                class="finding-slot"
                style={{ top: `${line * LINE}px` }}
              >
                {finding && <FindingLine finding={finding} store={store} />}
              </div>
            );
          })}
        </div>
      </div>
      {(total.value ?? 0) > MOST_LINES && (
        <p class="dim">
          The first {count(MOST_LINES)} of {count(total.value ?? 0)} are listed.
        </p>
      )}
    </div>
  );
}

interface FiltersProps {
  readonly store: Store;
  readonly severity: Severity | undefined;
  readonly onChoose: (severity: Severity | undefined) => void;
}

function Filters({ severity, onChoose }: FiltersProps): JSX.Element {
  return (
    <div class="segments filters" role="group" aria-label="Severity">
      {FILTERS.map((filter) => (
        <button
          key={filter.text}
          type="button"
          aria-pressed={filter.severity === severity}
          title={filter.text}
          onClick={() => {
            onChoose(filter.severity);
          }}
        >
          {filter.text}
        </button>
      ))}
    </div>
  );
}

const NothingFound = ({ filtered }: { readonly filtered: boolean }): JSX.Element => (
  <div class="hint">
    <Icon name="pass" />
    <p>
      {filtered ? 'No finding of this severity.' : 'No findings: refcounts and references agree.'}
    </p>
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
