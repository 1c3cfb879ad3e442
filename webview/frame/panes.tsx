import type { FunctionComponent, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { OverviewPane } from '../panes/overview/overviewPane.js';
import { Later } from '../state/later.js';
import type { Store } from '../state/store.js';
import type { Tab } from '../state/viewState.js';
import { Waiting } from './waiting.js';

export { Assumed } from './assumed.js';
export { Between } from './between.js';
export { Legend } from './legend.js';
export { Strip } from './strip.js';
export { Tooltip } from './tooltip.js';
export { Unreadable } from './unreadable.js';

type TabPane = FunctionComponent<{ readonly store: Store }>;

/** All but the first have bundles of their own: who looks at none of them fetches none. */
const PANES: Readonly<Record<Exclude<Tab, 'overview'>, Later<TabPane>>> = {
  space: new Later(async () => (await import('../panes/space/spacePane.js')).SpacePane),
  lost: new Later(async () => (await import('../panes/lost/lostPane.js')).LostPane),
  cluster: new Later(async () => (await import('../panes/cluster/clusterPane.js')).ClusterPane),
  findings: new Later(async () => (await import('../panes/findings/findingsPane.js')).FindingsPane),
  ranges: new Later(async () => (await import('../panes/ranges/rangesPane.js')).RangesPane),
  tree: new Later(async () => (await import('../panes/tree/treePane.js')).TreePane),
  overlap: new Later(async () => (await import('../panes/overlap/overlapPane.js')).OverlapPane),
  simulate: new Later(async () => (await import('../panes/simulate/simulatePane.js')).SimulatePane),
  caches: new Later(async () => (await import('../panes/caches/cachesPane.js')).CachesPane),
};

interface Props {
  readonly tab: Tab;
  readonly store: Store;
}

/** What the first picture can do without: a bundle of its own, fetched when the map stands. */
export function Pane({ tab, store }: Props): JSX.Element {
  return tab === 'overview' ? (
    <OverviewPane store={store} />
  ) : (
    <Fetched key={tab} pane={PANES[tab]} store={store} />
  );
}

function Fetched({
  pane,
  store,
}: {
  readonly pane: Later<TabPane>;
  readonly store: Store;
}): JSX.Element {
  useEffect(() => void pane.load(), [pane]);
  return pane.known ? <pane.known store={store} /> : <Waiting failure={pane.failure.value} />;
}
