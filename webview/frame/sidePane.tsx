import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Store } from '../state/store.js';
import { type Tab, TABS, tabOf, type TabOfStrip } from '../state/viewState.js';
import { count } from '../text/text.js';
import { LaterPane } from './laterPane.js';

const TAB_TEXT: Readonly<Record<TabOfStrip, string>> = {
  overview: 'Overview',
  cluster: 'Cluster',
  findings: 'Findings',
  ranges: 'Ranges',
  tree: 'Structures',
  overlap: 'Overlap',
  simulate: 'Simulate',
  caches: 'Caches',
};
const NARROWEST = 240;
const WIDEST = 720;
/** Width that a key press gives or takes. */
const KEY_STEP = 20;

/** The resizable pane at the right. */
export function SidePane({ store }: { readonly store: Store }): JSX.Element | null {
  const { open, width, tab: shown } = store.pane.value;
  const tab = tabOf(shown);
  useEffect(() => {
    // In a narrow pane the tabs have to be scrolled, also when the number of findings widens one.
    document.getElementById(`tab-${tab}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [open, width, tab, store.scan.value.state]);
  if (!open) return null;
  return (
    <aside class="side" aria-label="Side pane" style={{ width: `${clamped(width)}px` }}>
      <Sash store={store} />
      <div
        class="tabs"
        role="tablist"
        onKeyDown={(event) => {
          const next = tabAfter(event.key, store.pane.value.tab);
          if (next === undefined) return;
          event.preventDefault();
          store.showTab(next);
          event.currentTarget.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
        }}
      >
        {TABS.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`tab-${each}`}
            aria-selected={each === tab}
            tabIndex={each === tab ? 0 : -1}
            aria-controls="side-panel"
            onClick={() => {
              store.showTab(each);
            }}
          >
            {TAB_TEXT[each]}
            {each === 'findings' && <FindingsBadge store={store} />}
          </button>
        ))}
      </div>
      <div class="panel" id="side-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <LaterPane tab={shown} store={store} />
      </div>
    </aside>
  );
}

/** The keys of tabs (WAI-ARIA's tabs pattern). */
function tabAfter(key: string, tab: Tab): Tab | undefined {
  const at = TABS.indexOf(tabOf(tab));
  switch (key) {
    case 'ArrowLeft':
      return TABS.at(at - 1);
    case 'ArrowRight':
      return TABS[(at + 1) % TABS.length];
    case 'Home':
      return TABS[0];
    case 'End':
      return TABS.at(-1);
    default:
      return undefined;
  }
}

function FindingsBadge({ store }: { readonly store: Store }): JSX.Element | null {
  const scan = store.scan.value;
  if (scan.state !== 'scanned') return null;
  const total = Object.values(scan.summary.findingsByCode).reduce((sum, n) => sum + n, 0);
  return total > 0 ? <span class="badge">{count(total)}</span> : null;
}

const clamped = (width: number): number => Math.min(Math.max(width, NARROWEST), WIDEST);

function Sash({ store }: { readonly store: Store }): JSX.Element {
  const resize = (width: number): void => {
    store.pane.value = { ...store.pane.value, width: clamped(width) };
  };
  const { width } = store.pane.value;
  return (
    <div
      class="sash"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the side pane"
      aria-valuenow={clamped(width)}
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId))
          resize(innerWidth - event.clientX);
      }}
      onKeyDown={(event) => {
        const now = store.pane.value.width;
        if (event.key === 'ArrowLeft') resize(now + KEY_STEP);
        if (event.key === 'ArrowRight') resize(now - KEY_STEP);
      }}
    />
  );
}
