import type { JSX } from 'preact';
import type { CacheCounts, CacheName } from '../../../src/core/simulate/copy/outcome.js';
import type { Store } from '../../state/store.js';
import { count, plural } from '../../text/text.js';

const CACHES: readonly { readonly name: CacheName; readonly text: string }[] = [
  { name: 'l2', text: 'L2 tables' },
  { name: 'refcount', text: 'refcount blocks' },
];

/** Look-ups of QEMU's two metadata caches: of the operation that is shown, and of all. */
export function CacheBars({ store }: { readonly store: Store }): JSX.Element | null {
  const { simulation } = store;
  const shown = simulation.chosenOperation.value;
  const outcomes = simulation.outcomes.value;
  const outcome = shown === undefined ? undefined : outcomes.at(shown);
  if (!outcome) return null;
  return (
    <section aria-labelledby="caches-title">
      <div class="section-head">
        <h2 class="section-title" id="caches-title">
          Metadata caches
        </h2>
      </div>
      <dl class="cache-bars">
        {CACHES.map(({ name, text }) => {
          const all = outcomes.reduce(
            (sum, { caches }) => ({
              hits: sum.hits + caches[name].hits,
              misses: sum.misses + caches[name].misses,
            }),
            { hits: 0, misses: 0 },
          );
          return (
            <div key={name} class="cache-bar">
              <dt>{text}</dt>
              <dd>
                <Bar counts={outcome.caches[name]} />
                <span class="dim">
                  {plural(outcome.caches[name].hits, 'hit')},{' '}
                  {plural(outcome.caches[name].misses, 'miss', 'misses')}
                  {outcomes.length > 1 && ` · all: ${count(all.hits)}, ${count(all.misses)}`}
                </span>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

function Bar({ counts: { hits, misses } }: { readonly counts: CacheCounts }): JSX.Element {
  return (
    <span class="bar" aria-hidden="true">
      <span class="bar-hits" style={{ flexGrow: hits }} />
      <span class="bar-misses" style={{ flexGrow: misses }} />
    </span>
  );
}
