import type { JSX } from 'preact';
import type { ImageFacts } from '../../../src/core/qcow2/facts.js';
import { clean } from '../../../src/core/text.js';
import { ChainCrumbs, ReadChain } from '../../parts/chainCrumbs.js';
import type { Store } from '../../state/store.js';
import { size } from '../../text/text.js';

interface Props {
  readonly facts: ImageFacts;
  readonly store: Store;
}

/** Files that the image needs beside itself: named, and opened when that is asked for. */
export function BackedBy({ facts, store }: Props): JSX.Element | null {
  const { backingFile, dataFile } = facts.geometry ?? {};
  if (backingFile === undefined && dataFile === undefined) return null;
  return (
    <>
      {backingFile !== undefined && <Chain store={store} />}
      {dataFile !== undefined && (
        <section class="backed-by" aria-labelledby="data-file-title">
          <h2 class="section-title" id="data-file-title">
            Needs
          </h2>
          <dl>
            <dt class="mono">{clean(dataFile)}</dt>
            <dd class="dim">the external data file: the guest's data lies there</dd>
          </dl>
        </section>
      )}
    </>
  );
}

function Chain({ store }: { readonly store: Store }): JSX.Element {
  const chain = store.chain.value;
  const below =
    chain?.state === 'known'
      ? chain.layers.slice(1).reduce((sum, { bytes }) => sum + (bytes?.visible ?? 0), 0)
      : 0;
  return (
    <section class="backed-by" aria-labelledby="backing-title">
      <div class="section-head">
        <h2 class="section-title" id="backing-title">
          Backing chain
        </h2>
        {chain?.state === 'known' && (
          <span class="dim">
            {chain.refusal === undefined && `${size(below)} of the disk is read from below · `}
            <button
              type="button"
              class="link"
              onClick={() => {
                store.showTab('space');
              }}
            >
              layers
            </button>
          </span>
        )}
      </div>
      <ChainCrumbs store={store} />
      <div class="chain-read">
        <ReadChain store={store} />
      </div>
    </section>
  );
}
