import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import type { Tab } from '../state/viewState.js';
import { ClusterPane } from '../panes/cluster/clusterPane.js';
import { FindingsPane } from '../panes/findings/findingsPane.js';
import { OverlapPane } from '../panes/overlap/overlapPane.js';
import { OverviewPane } from '../panes/overview/overviewPane.js';
import { RangesPane } from '../panes/ranges/rangesPane.js';
import { SimulatePane } from '../panes/simulate/simulatePane.js';
import { TreePane } from '../panes/tree/treePane.js';

export { Between } from './between.js';
export { Strip } from './strip.js';

interface Props {
  readonly tab: Tab;
  readonly store: Store;
}

/** What the first picture can do without: a bundle of its own, fetched when the map stands. */
export function Pane({ tab, store }: Props): JSX.Element {
  switch (tab) {
    case 'overview':
      return <OverviewPane store={store} />;
    case 'cluster':
      return <ClusterPane store={store} />;
    case 'findings':
      return <FindingsPane store={store} />;
    case 'ranges':
      return <RangesPane store={store} />;
    case 'tree':
      return <TreePane store={store} />;
    case 'overlap':
      return <OverlapPane store={store} />;
    case 'simulate':
      return <SimulatePane store={store} />;
  }
}
