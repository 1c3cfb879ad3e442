import type { JSX } from 'preact';
import type { Store } from '../store.js';
import type { Tab } from '../viewState.js';
import { ClusterPane } from './clusterPane.js';
import { FindingsPane } from './findingsPane.js';
import { OverlapPane } from './overlap/overlapPane.js';
import { RangesPane } from './rangesPane.js';
import { SimulatePane } from './simulatePane.js';
import { StructuresPane } from './structuresPane.js';

export { Strip } from './strip.js';

interface Props {
  readonly tab: Tab;
  readonly store: Store;
}

/** What the first picture can do without: a bundle of its own, fetched when the map stands. */
export function Pane({ tab, store }: Props): JSX.Element {
  switch (tab) {
    case 'cluster':
      return <ClusterPane store={store} />;
    case 'findings':
      return <FindingsPane store={store} />;
    case 'ranges':
      return <RangesPane store={store} />;
    case 'structures':
      return <StructuresPane store={store} />;
    case 'overlap':
      return <OverlapPane store={store} />;
    case 'simulate':
      return <SimulatePane store={store} />;
  }
}
