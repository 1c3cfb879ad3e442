import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { BITMAP_BYTES, FRAGMENT_BYTES } from '../../../src/core/overlap/fragments.js';
import type { OpenedWindow } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { count, plural, size } from '../../text/text.js';
import { IconButton } from '../../parts/icon.js';
import { OffsetLink } from '../../parts/offsetLink.js';
import { detailsWishOf } from './detailsWish.js';
import { FragmentList } from './fragmentList.js';
import { useOverlapAnswer } from './useOverlapAnswer.js';
import { WindowPicture } from './windowPicture.js';
import { ageText, EXPOSURE_TEXT, FORM_TEXT } from './windowWords.js';

interface Props {
  readonly store: Store;
}

/** The selected window, opened: its type bytes, and the same run-length encoded. */
export function WindowDetails({ store }: Props): JSX.Element | null {
  const { answered, selectedWindow } = store.overlap;
  const window = selectedWindow.value;
  const opened = useOverlapAnswer(
    store,
    'overlapWindow',
    answered.value && window !== undefined ? { ...answered.value, window } : undefined,
  );
  const section = useRef<HTMLElement>(null);
  const wish = detailsWishOf(store);
  const isWanted = wish.value && opened?.query.window === window;
  useEffect(() => {
    if (!isWanted || !section.current) return;
    wish.value = false;
    section.current.scrollIntoView({ block: 'nearest' });
  }, [isWanted]);
  if (window === undefined || !opened) return null;
  return (
    <section ref={section} class="window-details" aria-label={`Window ${window}`}>
      <h2 class="section-title">
        Window {count(window)}
        <span class="figure">
          <button
            type="button"
            class="link"
            onClick={() => {
              backToTable(section.current);
            }}
          >
            back to all
          </button>
          <IconButton
            icon="close"
            label="Close the window"
            onClick={() => {
              selectedWindow.value = undefined;
            }}
          />
        </span>
      </h2>
      {opened.answer ? (
        <Contents store={store} opened={opened.answer} />
      ) : (
        <p class="dim">Nothing was ever entered here.</p>
      )}
    </section>
  );
}

/** The table of the windows stands in the same pane, above. */
function backToTable(details: HTMLElement | null): void {
  const table = details?.parentElement?.querySelector<HTMLElement>('.window-table');
  table?.scrollIntoView({ block: 'nearest' });
  table?.focus({ preventScroll: true });
}

function Contents({ store, opened }: Props & { readonly opened: OpenedWindow }): JSX.Element {
  const { start, length, form, exposure, modified, age, fragments } = opened;
  /** The fragment pointed at, whose cells stand out. */
  const pointed = useSignal<number | undefined>(undefined);
  return (
    <>
      <p>
        <OffsetLink store={store} offset={start} /> <span class="dim">{size(length)}</span> ·{' '}
        {FORM_TEXT[form].name}
        {modified && ', changed'} · <span class="dim">{ageText(age)}</span>
      </p>
      {exposure && (
        <p class="window-trouble">
          <span class={`swatch window-${exposure}`} />
          <span>{EXPOSURE_TEXT[exposure]}.</span>
        </p>
      )}
      <div class="window-contents">
        <WindowPicture opened={opened} pointed={pointed} clusterSize={store.clusterSize} />
        <div class="window-encoding">
          <p class="dim">{encodingText(opened)}</p>
          {fragments.length > 0 && <FragmentList fragments={fragments} pointed={pointed} />}
        </div>
      </div>
    </>
  );
}

/** What the encoding saves, and which of the two is in memory. */
function encodingText({ form, fragments, allocated }: OpenedWindow): string {
  const bytes = fragments.length * FRAGMENT_BYTES;
  const encoded = `${plural(fragments.length, 'fragment')} of ${plural(FRAGMENT_BYTES, 'byte')}`;
  const instead = `${count(BITMAP_BYTES)} type bytes`;
  switch (form) {
    case 'empty':
      return 'Nothing is guarded here: no fragments.';
    case 'fragments':
      return `${encoded}: ${count(bytes)} instead of ${instead}; the list has room for ${count(allocated)}.`;
    case 'cached':
      return `Now ${instead}; as ${encoded} it would be ${count(bytes)}.`;
    case 'kept':
      return `${instead} for good: ${encoded} and the room their list takes would not be less.`;
  }
}
