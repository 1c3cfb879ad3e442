import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Store } from '../../state/store.js';
import { plural } from '../../text/text.js';
import type { CachesState } from './cachesState.js';
import { ExportMenu } from './exportMenu.js';
import { WorkloadForm } from './workloadForm.js';
import { badLinesText, workloadFacts, workloadName } from './workloadWords.js';

interface Props {
  readonly store: Store;
  readonly state: CachesState;
}

/** What is run, and what can be done with it. */
export function CachesHead({ store, state }: Props): JSX.Element {
  const open = useSignal<'change' | 'compare' | undefined>(undefined);
  const workload = state.workload.value;
  const first = state.first.value;
  const other = state.other.value;
  const toggle = (part: 'change' | 'compare'): void => {
    open.value = open.value === part ? undefined : part;
  };
  const bad = first && badLinesText(first.workload);
  return (
    <div class="caches-head">
      <div class="caches-workload">
        <span class="dim">Workload</span> <strong>{workloadName(workload)}</strong>{' '}
        {first && <span class="dim">{workloadFacts(first)}</span>}
        {bad !== undefined && <span class="caches-bad"> · {bad}</span>}
      </div>
      <div class="caches-buttons">
        <button
          type="button"
          class="button secondary"
          aria-expanded={open.value === 'change'}
          onClick={() => {
            toggle('change');
          }}
        >
          Change…
        </button>
        <button
          type="button"
          class="button secondary"
          aria-expanded={open.value === 'compare'}
          title="Put another workload beside it; another setting is put beside it by the handles of the curves"
          onClick={() => {
            toggle('compare');
          }}
        >
          Compare…
        </button>
        {first && <ExportMenu store={store} state={state} document={first} />}
      </div>
      {open.value === 'change' && (
        <>
          <WorkloadForm
            store={store}
            workload={workload}
            report={first?.workload}
            isSecond={false}
            onRun={(next) => {
              state.choose(next);
            }}
          />
          <label class="caches-mode">
            <input
              type="checkbox"
              checked={state.cache.value === 'writethrough'}
              onChange={({ currentTarget }) => {
                state.cache.value = currentTarget.checked ? 'writethrough' : 'writeback';
              }}
            />
            cache=writethrough: a flush after every write
          </label>
        </>
      )}
      {open.value === 'compare' && (
        <div class="caches-compare">
          <p class="dim">Another workload beside it, at the sizes that are set:</p>
          <WorkloadForm
            store={store}
            workload={other ?? { kind: 'pattern', text: 'uniform:ops=100K,block=4K,reads=70' }}
            report={state.second.value?.workload}
            isSecond
            onRun={(next) => {
              state.compare(next);
            }}
          />
          {other && (
            <button
              type="button"
              class="link"
              onClick={() => {
                state.compare(undefined);
              }}
            >
              Compare no more
            </button>
          )}
        </div>
      )}
      <Progress state={state} />
    </div>
  );
}

function Progress({ state }: { readonly state: CachesState }): JSX.Element | null {
  const answer = state.answer.value;
  if (answer?.state !== 'computing') return null;
  return (
    <div class="caches-progress" role="status">
      <progress max={1} value={answer.done} aria-label="Part of the workload done" />
      <span class="dim">{plural(answer.requests, 'request')}</span>
      <button
        type="button"
        class="link"
        onClick={() => {
          state.cancel();
        }}
      >
        Cancel
      </button>
    </div>
  );
}
