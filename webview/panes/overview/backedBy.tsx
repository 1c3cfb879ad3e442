import type { JSX } from 'preact';
import type { ImageFacts } from '../../../src/core/qcow2/facts.js';
import { clean } from '../../../src/core/text.js';
import { BackingFileLink } from '../../parts/backingFileLink.js';
import type { Store } from '../../state/store.js';

interface Props {
  readonly facts: ImageFacts;
  readonly store: Store;
}

/** Files that the image needs beside itself: named, and opened when that is asked for. */
export function BackedBy({ facts, store }: Props): JSX.Element | null {
  const { backingFile, dataFile } = facts.geometry ?? {};
  if (backingFile === undefined && dataFile === undefined) return null;
  return (
    <section class="backed-by" aria-labelledby="backing-title">
      <h2 class="section-title" id="backing-title">
        Needs
      </h2>
      <dl>
        {backingFile !== undefined && (
          <>
            <dt>
              <BackingFileLink name={backingFile} store={store} />
            </dt>
            <dd class="dim">the backing file: what this image does not hold is read from there</dd>
          </>
        )}
        {dataFile !== undefined && (
          <>
            <dt class="mono">{clean(dataFile)}</dt>
            <dd class="dim">the external data file: the guest's data lies there</dd>
          </>
        )}
      </dl>
    </section>
  );
}
