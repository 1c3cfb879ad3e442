import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CauseId, Diagnosis, Step } from '../../../src/core/check/causes/cause.js';
import { Icon, type IconName } from '../../parts/icon.js';
import type { Store } from '../../state/store.js';
import { clean } from '../../../src/core/text.js';
import { commandOf } from './advice.js';
import { BackedBy } from './backedBy.js';
import { BytesBar } from './bytesBar.js';
import { CauseCard } from './causeCard.js';
import { isDamaged, overviewOf } from './overviewState.js';
import { reportOf } from './report.js';
import { repairOf } from '../../state/repairState.js';
import { RepairPreview } from './repairPreview.js';
import { SnapshotRoom } from './snapshotRoom.js';
import { commandName, divided, imageText, sentence, sizesText } from './sentences.js';

interface Props {
  readonly store: Store;
}

/** The first look: what is wrong, how bad, where, and what to do; or that all is well. */
export function OverviewPane({ store }: Props): JSX.Element {
  useEffect(() => {
    store.diagnosis.wanted.value = true;
  }, [store]);
  const scan = store.scan.value;
  const answer = store.diagnosis.answer.value;
  if (scan.state === 'cancelled')
    return (
      <Instead
        store={store}
        text="The scan was stopped before anything could be said about the image."
      />
    );
  if (repairOf(store).isOpen.value) return <RepairPreview store={store} />;
  if (answer?.state === 'failed') return <Instead store={store} text={answer.message} />;
  const isDone = scan.state === 'scanned' && answer?.state === 'diagnosed';
  const isBad = isDone && isDamaged(answer.diagnosis.verdict);
  const asksSpace = isDone && !isBad && (store.geometry.value?.snapshots ?? 0) > 0;
  return (
    <div class="overview">
      {isDone ? (
        <Diagnosed store={store} diagnosis={answer.diagnosis} />
      ) : (
        <Waiting text={scan.state === 'scanning' ? 'Reading the image' : 'Looking for causes'} />
      )}
      {scan.state === 'scanned' && (
        <BytesBar store={store} summary={scan.summary} isBrief={isBad} isDivided={asksSpace} />
      )}
      {asksSpace && <SnapshotRoom store={store} />}
      {isBad && <ToLostTables store={store} />}
    </div>
  );
}

const Waiting = ({ text }: { readonly text: string }): JSX.Element => (
  <p class="overview-waiting dim" aria-busy="true">
    {text} …
  </p>
);

/** Another way to save something. */
const ToLostTables = ({ store }: Props): JSX.Element => (
  <p class="dim">
    Tables that nothing points to any more may still be there:{' '}
    <button
      type="button"
      class="link"
      onClick={() => {
        store.showTab('lost');
      }}
    >
      Find Lost Tables
    </button>
  </p>
);

/** Why there is no diagnosis. */
function Instead({ store, text }: Props & { readonly text: string }): JSX.Element {
  return (
    <div class="hint">
      <Icon name="circle-slash" />
      <p>{sentence(text)}</p>
      <button
        type="button"
        class="button secondary"
        onClick={() => {
          store.actions.reload();
        }}
      >
        Read Again
      </button>
    </div>
  );
}

interface DiagnosedProps extends Props {
  readonly diagnosis: Diagnosis;
}

function Diagnosed({ store, diagnosis }: DiagnosedProps): JSX.Element {
  const { causes, verdict } = diagnosis;
  const { harm, rest } = divided(diagnosis);
  const facts = store.facts.value;
  const isBad = isDamaged(verdict);
  const cards = (from: number, to: number): JSX.Element[] =>
    causes
      .slice(from, to)
      .map((_, index) => (
        <CauseCard key={from + index} diagnosis={diagnosis} place={from + index} store={store} />
      ));
  return (
    <>
      <Verdict store={store} diagnosis={diagnosis} />
      {!isBad && facts && <BackedBy store={store} facts={facts} />}
      {harm > 0 && (
        <>
          <p class="causes-head dim">
            <span>{harm === 1 ? 'The cause' : 'Causes, worst first'}</span>
            <span>in danger</span>
          </p>
          <ol class="causes">{cards(0, harm)}</ol>
        </>
      )}
      {rest > 0 && (
        <section aria-labelledby="stands-out">
          <h2 class="section-title" id="stands-out">
            What stands out
          </h2>
          <ul class="causes">{cards(harm, causes.length)}</ul>
        </section>
      )}
    </>
  );
}

const VERDICT_ICON: Readonly<Record<Diagnosis['verdict'], IconName>> = {
  healthy: 'pass',
  notes: 'pass',
  waste: 'pass',
  damaged: 'error',
  unreadable: 'error',
};

function Verdict({ store, diagnosis }: DiagnosedProps): JSX.Element {
  const { verdict, headline, firstStep } = diagnosis;
  const facts = store.facts.value;
  const isBad = isDamaged(verdict);
  return (
    <header class="overview-verdict" data-verdict={verdict}>
      <Icon name={VERDICT_ICON[verdict]} />
      <div class="overview-words">
        <h2>{clean(headline)}</h2>
        {firstStep && <p class="dim">{sentence(firstStep.text)}</p>}
        {!isBad && facts && (
          <p class="dim">
            {sizesText(facts)} {sentence(imageText(facts))}
          </p>
        )}
      </div>
      <div class="overview-actions">
        {firstStep && <FirstCommand step={firstStep} store={store} />}
        {hasWork(diagnosis) && <PreviewRepair store={store} />}
        <Report diagnosis={diagnosis} store={store} />
      </div>
    </header>
  );
}

/** Whether a repair would find anything to do. */
const hasWork = ({ causes }: Diagnosis): boolean => causes.some(({ id }) => !NO_WORK.has(id));

/** What is no fault at all. */
const NO_WORK: ReadonlySet<CauseId> = new Set([
  'larger-than-disk',
  'refcount-table-large',
  'only-compressed',
]);

const PreviewRepair = ({ store }: Props): JSX.Element => (
  <button
    type="button"
    class="button secondary with-icon"
    title="What would qemu-img check -r do, and what would it cost?"
    onClick={() => {
      repairOf(store).open();
    }}
  >
    <Icon name="inspect" />
    Preview Repair
  </button>
);

/** The one primary button: what to do before anything else. */
function FirstCommand({ step, store }: Props & { readonly step: Step }): JSX.Element | null {
  const command = commandOf(step, store);
  return command === undefined ? null : (
    <button
      type="button"
      class="button with-icon"
      title={command}
      onClick={() => {
        store.actions.copy(command);
      }}
    >
      <Icon name="copy" />
      Copy {commandName(step)} <span class="long">Command</span>
    </button>
  );
}

function Report({ diagnosis, store }: DiagnosedProps): JSX.Element {
  const { hidesNames } = overviewOf(store);
  return (
    <span class="report">
      <button
        type="button"
        class="button secondary with-icon"
        title="The diagnosis as Markdown, for a bug tracker"
        onClick={() => {
          const facts = store.facts.value;
          const scan = store.scan.value;
          if (!facts || scan.state !== 'scanned') return;
          store.actions.copy(
            reportOf({
              diagnosis,
              facts,
              counts: scan.summary.counts,
              shell: store.shell.value,
              hidesNames: hidesNames.value,
            }),
          );
          store.navigation.say('The report is on the clipboard.');
        }}
      >
        <Icon name="output" />
        <span class="long">Copy</span> Report
      </button>
      <label title="Of the image, its backing file, snapshots and bitmaps">
        <input
          type="checkbox"
          aria-label="Hide names"
          checked={hidesNames.value}
          onChange={({ currentTarget }) => {
            hidesNames.value = currentTarget.checked;
          }}
        />
        Hide names
      </label>
    </span>
  );
}
