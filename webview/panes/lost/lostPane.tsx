import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { shareText } from '../../../src/core/numbers.js';
import { clean } from '../../../src/core/text.js';
import { Icon } from '../../parts/icon.js';
import { OffsetLink } from '../../parts/offsetLink.js';
import {
  CANDIDATE_TEXT,
  candidatesOf,
  type FoundLost,
  type ListedTable,
  lostOf,
} from '../../state/lostState.js';
import type { Store } from '../../state/store.js';
import { count, plural } from '../../text/text.js';

interface Props {
  readonly store: Store;
}

/** Tables that nothing points to any more, found by their contents: what they are, where, and why. */
export function LostPane({ store }: Props): JSX.Element {
  const state = lostOf(store);
  const isRead = store.scan.value.state === 'scanned';
  useEffect(() => {
    if (isRead) state.search();
  }, [state, isRead]);
  return (
    <div class="overview lost">
      <div class="lost-head">
        <button
          type="button"
          class="link with-icon"
          onClick={() => {
            store.showTab('overview');
          }}
        >
          <Icon name="chevron-left" />
          Overview
        </button>
        {/* What is assumed may point to them. */}
        <h2>
          {store.facts.value?.assumed === undefined
            ? 'Tables that nothing points to'
            : 'Tables that were found'}
        </h2>
        <span class="dim">found by their contents; their numbers are on the map</span>
      </div>
      <Body store={store} />
    </div>
  );
}

function Body({ store }: Props): JSX.Element {
  const answer = lostOf(store).answer.value;
  if (answer?.state === 'failed')
    return (
      <div class="hint">
        <Icon name="circle-slash" />
        <p>{clean(answer.message)}</p>
      </div>
    );
  if (answer?.state !== 'found')
    return (
      <p class="overview-waiting dim" aria-busy="true">
        Reading the whole file: {Math.floor((answer?.done ?? 0) * 100)} %
      </p>
    );
  return <Candidates store={store} answer={answer} />;
}

function Candidates({ store, answer }: Props & { readonly answer: FoundLost }): JSX.Element {
  const { found } = answer;
  const listed = candidatesOf(answer);
  const all = found.candidates.filter(({ isKnown }) => !isKnown).length;
  if (listed.length === 0)
    return (
      <p class="overview-waiting">
        None: every table that was found is one that the image refers to.
      </p>
    );
  return (
    <>
      <ol class="lost-rows">
        {listed.map((candidate, index) => (
          <Candidate
            key={`${candidate.kind} ${candidate.offset}`}
            store={store}
            candidate={candidate}
            number={index + 1}
          />
        ))}
      </ol>
      {all > listed.length && (
        <p class="dim">
          and {plural(all - listed.length, 'more table')}: qcow2-lens find-tables has them all
        </p>
      )}
      {found.isPartial && <p class="dim">There are more places than were looked at.</p>}
    </>
  );
}

interface CandidateProps extends Props {
  readonly candidate: ListedTable;
  readonly number: number;
}

function Candidate({ store, candidate, number }: CandidateProps): JSX.Element {
  const { kind, offset, entries, score, reasons, snapshots, assumed } = candidate;
  return (
    <li class="lost-row">
      <span class="lost-number" aria-hidden="true">
        {count(number)}
      </span>
      <div>
        <p class="lost-what">
          <b>{CANDIDATE_TEXT[kind]}</b> at <OffsetLink store={store} offset={offset} />
          <span class="dim">
            {plural(entries, 'entry', 'entries')}, likely by {shareText(score, 1)}
          </span>
        </p>
        <p class="dim">{clean(reasons.join('; '))}</p>
        {kind === 'snapshot-table' && (
          <p class="dim">
            {snapshots.length === 1 ? 'snapshot' : 'snapshots'}{' '}
            {snapshots.map((name) => `'${clean(name)}'`).join(', ')}
          </p>
        )}
      </div>
      {assumed !== undefined && (
        <button
          type="button"
          class="button secondary"
          title="Show the image as if its header named this table; nothing is written"
          onClick={() => {
            store.actions.openAsIf(assumed);
          }}
        >
          Open as If
        </button>
      )}
    </li>
  );
}
