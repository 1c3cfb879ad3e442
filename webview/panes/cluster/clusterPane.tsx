import type { JSX } from 'preact';
import { kindVariable } from '../../heatmap/palette.js';
import type { Store } from '../../state/store.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { count } from '../../text/text.js';
import { clusterToShow, FindingLine } from '../../parts/findingLine.js';
import { GuestClusterPart } from './guestClusterPart.js';
import { Peek } from './peek.js';
import { Icon } from '../../parts/icon.js';
import { RangePart } from './rangePart.js';
import { OwnerItem } from '../../parts/ownerItem.js';
import { Row } from '../../parts/row.js';
import type { ClusterDetail } from '../../../src/core/inspect/inspection.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';
import { CopyButton, HexButton } from '../../parts/offsetButtons.js';

interface Props {
  readonly store: Store;
}

/** All that is known of the selected cluster. */
export function ClusterPane({ store }: Props): JSX.Element {
  const guest = store.selection.guest.detail.value;
  const range = store.range.range.value;
  if (range) return <RangePart store={store} range={range} />;
  return (
    <>
      {guest.state !== 'none' && <GuestClusterPart store={store} />}
      {(guest.state === 'none' || store.selection.selected.value !== undefined) && (
        <HostPart store={store} />
      )}
    </>
  );
}

function HostPart({ store }: Props): JSX.Element {
  const detail = store.selection.detail.value;
  switch (detail.state) {
    case 'none':
      return (
        <div class="hint">
          <Icon name="inspect" />
          <p>
            Click a cluster on the map to see what it holds and every structure that refers to it.
            Drag with Shift to select a range.
          </p>
        </div>
      );
    case 'loading':
      return <p class="hint dim">Looking for the owners of cluster {count(detail.cluster)}…</p>;
    case 'failed':
      return (
        <p class="hint">
          Cluster {count(detail.cluster)}: {clean(detail.error)}
        </p>
      );
    case 'known':
      return <Known detail={detail.detail} store={store} />;
  }
}

function Known({ detail, store }: Props & { readonly detail: ClusterDetail }): JSX.Element {
  const { cluster, offset, kinds, stored, references, claimedTwice, owners, more, findings } =
    detail;
  return (
    <article class="cluster" data-cluster={cluster}>
      <h2>
        {store.selection.guest.picked === undefined ? 'Cluster' : 'Host cluster'} {count(cluster)}
      </h2>
      {claimedTwice && (
        <p class="callout">
          <span class="swatch claimed-twice" />
          Claimed twice: the claimants below cannot all be right. A write by one destroys what the
          other stores here.
        </p>
      )}
      <dl>
        <Row name="Host offset">
          <span class="mono">{hex(offset)}</span>
          <CopyButton store={store} text={hex(offset)} label="Copy the host offset" />
          <HexButton store={store} offset={offset} />
        </Row>
        <Row name={kinds.length > 1 ? 'Kinds' : 'Kind'}>
          <ul class="kind-list">
            {kinds.map((kind) => (
              <li key={kind}>
                <span class="swatch" style={{ background: `var(${kindVariable(kind)})` }} />
                {KIND_TEXT[kind]}
              </li>
            ))}
          </ul>
        </Row>
        <Row name="Refcount">
          <span class={stored === String(references) ? 'mono' : 'mono mismatch'}>
            {stored ?? 'unreadable'}
          </span>
          <span class="dim">stored</span>
        </Row>
        <Row name="References">
          <span class="mono">{count(references)}</span>
          <span class="dim">counted</span>
        </Row>
      </dl>
      <h3 class="section-title">
        Owners
        <span class="badge">
          {count(owners.length)}
          {more && '+'}
        </span>
      </h3>
      {owners.length === 0 && <p class="dim">Nothing refers to this cluster.</p>}
      <ul class="owners">
        {owners.map((owner, index) => (
          <OwnerItem
            key={index}
            owner={owner}
            store={store}
            onEntry={(entryCluster) => {
              store.selection.reveal(entryCluster);
            }}
          />
        ))}
      </ul>
      {more && <p class="dim">There are more owners than these.</p>}
      {findings.length > 0 && <h3 class="section-title">Findings</h3>}
      {findings.map((finding, index) => (
        <FindingLine
          key={index}
          finding={finding}
          store={store}
          onClick={() => {
            store.selection.reveal(clusterToShow(finding, store));
          }}
        />
      ))}
      <Peek store={store} detail={detail} />
    </article>
  );
}
