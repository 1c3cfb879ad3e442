import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import { count } from '../text/text.js';
import { EXPOSURE_TEXT } from '../text/windowText.js';

const FORMS = [
  {
    form: 'cached',
    name: 'cached',
    title: 'Windows with a bitmap in the cache: the brighter, the more recently used',
  },
  {
    form: 'kept',
    name: 'kept',
    title: 'Windows whose bitmap stays for good, since fragments would not be smaller',
  },
  { form: 'fragments', name: 'fragments', title: 'Windows that are lists of fragments' },
] as const;
const EXPOSURES = ['lost', 'dropped', 'refused'] as const;

/** What the outlines on the map mean, and how many there are of each. */
export function WindowLegend({ store }: { readonly store: Store }): JSX.Element | null {
  const answer = store.overlap.answer.value;
  if (!store.windows.shown.value || answer?.state !== 'built') return null;
  const { forms, exposures } = answer.counts;
  return (
    <div class="windows" role="group" aria-label="Overlap windows">
      {FORMS.map(({ form, name, title }) => (
        <Entry key={form} id={form} name={name} title={title} windows={forms[form]} />
      ))}
      {EXPOSURES.map((exposure) => (
        <Entry
          key={exposure}
          id={exposure}
          name={`unprotected: ${exposure}`}
          title={`Windows in which a write may go unnoticed: ${EXPOSURE_TEXT[exposure]}`}
          windows={exposures[exposure]}
        />
      ))}
    </div>
  );
}

interface EntryProps {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly windows: number;
}

function Entry({ id, name, title, windows }: EntryProps): JSX.Element | null {
  if (windows === 0) return null;
  return (
    <span class="entry" data-window={id} title={title}>
      <span class={`swatch window-${id}`} />
      <span class="name">{name}</span>
      <span class="count">{count(windows)}</span>
    </span>
  );
}
