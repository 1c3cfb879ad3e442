import type { JSX } from 'preact';
import { valuesOf } from '../../../src/core/picture/layer.js';
import { valueVariable } from '../../heatmap/palette.js';
import { BackingFileLink } from '../../parts/backingFileLink.js';
import { valueText } from '../../text/layerText.js';
import type { Store } from '../../state/store.js';
import { count, plural, size } from '../../text/text.js';
import { OffsetLink } from '../../parts/offsetLink.js';
import { Row } from '../../parts/row.js';
import { Subclusters } from './subclusters.js';
import type { GuestClusterDetail } from '../../../src/core/guest/clusterDetail.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';
import { CopyButton } from '../../parts/offsetButtons.js';

const KINDS = { view: 'guest', layer: 'kinds' } as const;

/** All that is known of the guest cluster selected. */
export function GuestClusterPart({ store }: { readonly store: Store }): JSX.Element | null {
  const detail = store.selection.guest.detail.value;
  switch (detail.state) {
    case 'none':
      return null;
    case 'loading':
      return <p class="hint dim">Looking up guest cluster {count(detail.cluster)}…</p>;
    case 'failed':
      return (
        <p class="hint">
          Guest cluster {count(detail.cluster)}: {clean(detail.error)}
        </p>
      );
    case 'known':
      return <Known detail={detail.detail} store={store} />;
  }
}

interface Props {
  readonly detail: GuestClusterDetail;
  readonly store: Store;
}

function Known({ detail, store }: Props): JSX.Element {
  const { cluster, guestOffset, kind, l1Index, l2Index, subclusters } = detail;
  const value = valuesOf(KINDS).indexOf(kind);
  const backingFile = store.geometry.value?.backingFile;
  const backing = backingFile === undefined ? [] : [backingFile];
  return (
    <article class="cluster guest" data-guest={cluster}>
      <h2>Guest cluster {count(cluster)}</h2>
      <dl>
        <Row name="Guest offset">
          <span class="mono">{hex(guestOffset)}</span>
          <CopyButton store={store} text={hex(guestOffset)} label="Copy the guest offset" />
        </Row>
        <Row name="Kind">
          <ul class="kind-list">
            <li>
              <span class="swatch" style={{ background: `var(${valueVariable(KINDS, value)})` }} />
              {valueText(KINDS, value, backing)}
              {kind === 'unallocated' && backing.length > 0 && (
                <BackingFileLink name={backing[0]} store={store} />
              )}
            </li>
          </ul>
        </Row>
        <Row name="Tables">
          <span class="mono">
            L1[{count(l1Index)}] · L2[{count(l2Index)}]
          </span>
        </Row>
        <Entry detail={detail} store={store} />
        <Data detail={detail} store={store} />
        <SharedBy detail={detail} />
      </dl>
      {subclusters.length > 0 && <Subclusters subclusters={subclusters} />}
    </article>
  );
}

/** The bytes of the L2 entry, and where they lie. */
function Entry({ detail, store }: Props): JSX.Element {
  const { entryOffset, entry, bitmap, copied } = detail;
  if (entryOffset === undefined) {
    return (
      <Row name="L2 entry">
        <span class="dim">there is no L2 table</span>
      </Row>
    );
  }
  return (
    <>
      <Row name="L2 entry">
        <span class="mono">{entry}</span>
        {copied && (
          <span class="dim" title="A write goes to the same place: nobody else needs it">
            COPIED
          </span>
        )}
      </Row>
      {bitmap !== undefined && (
        <Row name="Bitmap">
          <span class="mono">{bitmap}</span>
        </Row>
      )}
      <Row name="Entry at">
        <OffsetLink offset={entryOffset} store={store} />
      </Row>
    </>
  );
}

/** Where the data of the cluster lies. */
function Data({ detail, store }: Props): JSX.Element | null {
  const { dataOffset, dataLength, hostClusters, stored, kind } = detail;
  if (dataOffset === undefined) return null;
  return (
    <Row name={hostClusters.length > 0 ? 'Host offset' : 'Data offset'}>
      {hostClusters.length > 0 ? (
        <OffsetLink offset={dataOffset} store={store} />
      ) : (
        <span class="mono">{hex(dataOffset)}</span>
      )}
      {kind === 'compressed' && (
        <span class="dim" title="To the end of the last sector">
          {size(dataLength)}
        </span>
      )}
      {stored !== undefined && <span class="dim">refcount {stored}</span>}
      {hostClusters.length === 0 && <span class="dim">not in this file</span>}
    </Row>
  );
}

function SharedBy({ detail }: { readonly detail: GuestClusterDetail }): JSX.Element | null {
  const { sharedBy, sharedByCount } = detail;
  if (sharedByCount === 0) return null;
  return (
    <Row name="Shared by">
      <ul class="sharers" aria-label={plural(sharedByCount, 'snapshot')}>
        {sharedBy.map(({ index, name }) => (
          <li key={index}>{clean(name)}</li>
        ))}
        {sharedByCount > sharedBy.length && (
          <li class="dim">and {count(sharedByCount - sharedBy.length)} more</li>
        )}
      </ul>
    </Row>
  );
}
