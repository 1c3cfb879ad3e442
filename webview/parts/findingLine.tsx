import type { JSX } from 'preact';
import { describeOwner } from '../../src/core/map/owner.js';
import { type Finding, placeToShow, type Severity } from '../../src/core/check/finding.js';
import { explanationOf } from '../state/scan.js';
import type { Store } from '../state/store.js';
import { count } from '../text/text.js';
import { Icon, type IconName } from './icon.js';
import { clean } from '../../src/core/text.js';
import { hex } from '../../src/core/bytes.js';
import { type HostCluster, offsetOf } from '../../src/core/units.js';

const SEVERITY_ICON: Readonly<Record<Severity, IconName>> = {
  error: 'circle-slash',
  corruption: 'error',
  leak: 'warning',
  notice: 'info',
};

interface Props {
  readonly finding: Finding;
  readonly store: Store;
  /** Whether its details are shown; undefined where it has none to show. */
  readonly isOpen?: boolean;
  readonly onClick: () => void;
}

/** One finding in two lines. */
export function FindingLine({ finding, store, isOpen, onClick }: Props): JSX.Element {
  const { severity, code, message, owner } = finding;
  const title = explanationOf(store.scan.value, code)?.title ?? code;
  // Where QEMU counts without a word, ours stands for it.
  const text = message === '' ? title : clean(message);
  return (
    <button
      type="button"
      class={`finding ${severity}`}
      data-code={code}
      title={`${severity}: ${title}`}
      aria-expanded={isOpen}
      onClick={onClick}
    >
      <Icon name={SEVERITY_ICON[severity]} />
      <span class="finding-text">
        <span class="finding-message">{text}</span>
        <span class="dim">
          {placeText(finding, store)}
          {owner && ` · ${clean(describeOwner(owner))}`}
        </span>
      </span>
    </button>
  );
}

/** Clusters past the end of the file are numbers that say nothing: their offset does. */
function placeText({ cluster }: Finding, store: Store): string {
  return store.selection.has(cluster)
    ? `cluster ${count(cluster)}`
    : `${hex(offsetOf(cluster, store))}, past the end of the file`;
}

/** The cluster to show for a finding. */
export function clusterToShow(finding: Finding, store: Store): HostCluster {
  const geometry = store.geometry.value;
  return geometry ? placeToShow(finding, geometry) : finding.cluster;
}
