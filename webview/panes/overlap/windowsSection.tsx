import type { JSX } from 'preact';
import type { BuiltOverlap } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { count, size } from '../../text/text.js';
import { SlotFilm } from './slotFilm.js';
import { Slots } from './slots.js';
import { WindowTable } from './windowTable.js';
import { EXPOSURE_TEXT, EXPOSURES, FORM_TEXT, FORMS } from './windowWords.js';

interface Props {
  readonly store: Store;
  readonly built: BuiltOverlap;
}

/** How the windows are kept: counts, the cache, and all of them in a table. */
export function WindowsSection({ store, built }: Props): JSX.Element {
  const { forms, exposures } = built.counts;
  return (
    <section aria-label="Windows">
      <h2 class="section-title">
        Windows
        <span class="figure">
          {count(built.windows)} × {size(built.windowBytes)}
        </span>
      </h2>
      <ul class="window-counts">
        {FORMS.map((form) => (
          <li key={form} data-count={form} title={FORM_TEXT[form].title}>
            <span class={`swatch window-${form}`} />
            {FORM_TEXT[form].name} <span class="number">{count(forms[form])}</span>
          </li>
        ))}
        {EXPOSURES.filter((exposure) => exposures[exposure] > 0).map((exposure) => (
          <li key={exposure} data-count={exposure} title={EXPOSURE_TEXT[exposure]}>
            <span class={`swatch window-${exposure}`} />
            unprotected: {exposure} <span class="number">{count(exposures[exposure])}</span>
          </li>
        ))}
        {EXPOSURES.every((exposure) => exposures[exposure] === 0) && (
          <li data-count="unprotected" title="Windows in which a stray write may go unnoticed">
            <span class="swatch window-lost" />
            unprotected <span class="number">0</span>
          </li>
        )}
      </ul>
      <Slots store={store} built={built} />
      <SlotFilm store={store} built={built} />
      <WindowTable store={store} />
    </section>
  );
}
