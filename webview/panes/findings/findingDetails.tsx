import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Finding } from '../../../src/core/check/finding.js';
import { explanationOf } from '../../state/scan.js';
import type { Store } from '../../state/store.js';
import { count, plural } from '../../text/text.js';
import { Icon } from '../../parts/icon.js';
import { repairOf } from '../../state/repairState.js';
import { OffsetLink, showOffset } from '../../parts/offsetLink.js';
import { OwnerItem } from '../../parts/ownerItem.js';
import type { ClusterDetail } from '../../../src/core/inspect/inspection.js';
import { type HostCluster, offsetOf } from '../../../src/core/units.js';

/** Owners listed below a finding; the Cluster tab has all of them. */
const OWNERS = 8;

interface Props {
  readonly finding: Finding;
  readonly store: Store;
}

/** What a finding means, what could be done, and who claims the cluster. */
export function FindingDetails({ finding, store }: Props): JSX.Element {
  const { code, cluster, offset, owner } = finding;
  const explanation = explanationOf(store.scan.value, code);
  const scan = store.scan.value;
  const danger = scan.state === 'scanned' ? scan.summary.repairDanger : undefined;
  const detail = useDetail(store, cluster);
  // Of a cluster that the file does not have, only the finding knows who refers to it.
  const outside = !store.selection.has(cluster);
  const owners = detail?.owners ?? (outside && owner ? [owner] : []);
  return (
    <div class="finding-details">
      {explanation && (
        <>
          <h2>{explanation.title}</h2>
          <p>{explanation.meaning}</p>
          {danger !== undefined && (
            <p class="danger" role="note">
              <Icon name="warning" />
              <span>
                <strong>Do not repair this image as it is.</strong> {danger}.
              </span>
            </p>
          )}
          <p class="dim">
            <strong>Repair:</strong> {explanation.repair}{' '}
            <button
              type="button"
              class="link"
              title="What would qemu-img check -r do, and what would it cost?"
              onClick={() => {
                repairOf(store).open();
              }}
            >
              Preview it
            </button>
          </p>
        </>
      )}
      <p class="dim">
        Host offset <OffsetLink store={store} offset={offset} />
        {!outside &&
          offset !== cluster * store.clusterSize &&
          ` in cluster ${count(Math.floor(offset / store.clusterSize))}`}
      </p>
      {(detail !== undefined || outside) && (
        <>
          <h3 class="section-title">
            {detail?.claimedTwice === true ? 'Claimed by' : 'Referred to by'}
          </h3>
          {owners.length === 0 && <p class="dim">Nothing refers to this cluster.</p>}
          <ul class="owners">
            {owners.slice(0, OWNERS).map((owner, index) => (
              <OwnerItem
                key={index}
                owner={owner}
                store={store}
                onEntry={(entryCluster) => {
                  showOffset(store, offsetOf(entryCluster, store));
                }}
              />
            ))}
          </ul>
          {owners.length > OWNERS && (
            <button
              type="button"
              class="link"
              onClick={() => {
                store.selection.reveal(cluster);
              }}
            >
              All {plural(owners.length, 'owner')}
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** What is known of a cluster, once it is; undefined for one that the file does not have. */
function useDetail(store: Store, cluster: HostCluster): ClusterDetail | undefined {
  const [detail, setDetail] = useState<ClusterDetail | undefined>(undefined);
  useEffect(() => {
    setDetail(undefined);
    if (!store.selection.has(cluster)) return undefined;
    let current = true;
    store.rpc.ask('cluster', { cluster }).then(
      (answer) => {
        if (current) setDetail(answer);
      },
      () => {
        // The worker is gone; what it says next comes with a new scan.
        current = false;
      },
    );
    return () => {
      current = false;
    };
  }, [store, cluster]);
  return detail;
}
