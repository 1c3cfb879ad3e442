import type { JSX } from 'preact';
import type {
  Cause,
  CauseSeverity,
  Diagnosis,
  Step,
} from '../../../src/core/check/causes/cause.js';
import { Icon, type IconName } from '../../parts/icon.js';
import type { Store } from '../../state/store.js';
import { clean } from '../../../src/core/text.js';
import { plural } from '../../text/text.js';
import { Advice } from './advice.js';
import { ClaimBoxes, ClaimLine } from './claimPicture.js';
import { DangerText } from './dangerText.js';
import { overviewOf } from './overviewState.js';
import { QemuLines } from './qemuLines.js';
import { amountText, sentence } from './sentences.js';
import { showFindings } from './toFindings.js';

/** What does no harm has an icon in the place of a number. */
const ICON: Readonly<Partial<Record<CauseSeverity, IconName>>> = {
  waste: 'warning',
  note: 'info',
};

interface Props {
  readonly diagnosis: Diagnosis;
  /** Which of the causes; its number on the card is one more. */
  readonly place: number;
  readonly store: Store;
}

/** One cause: a headline that opens, who claims what, and how much is in danger. */
export function CauseCard({ diagnosis, place, store }: Props): JSX.Element {
  const cause = diagnosis.causes[place];
  const { title, severity, picture } = cause;
  const state = overviewOf(store);
  const isOpen = state.isOpen(place, diagnosis);
  const amount = amountText(cause);
  const icon = ICON[severity];
  const body = `cause-${place}`;
  return (
    <li class="cause" data-severity={severity} data-cause={cause.id}>
      <div class="cause-head">
        {icon ? <Icon name={icon} /> : <span class="cause-number">{place + 1}</span>}
        <h3>
          <button
            type="button"
            aria-expanded={isOpen}
            aria-controls={isOpen ? body : undefined}
            onClick={() => {
              state.turn(place, !isOpen);
            }}
          >
            {clean(title)}
          </button>
        </h3>
        {!isOpen && picture && <ClaimLine picture={picture} store={store} />}
        {amount && (
          <span class="cause-amount" title="In danger">
            {amount}
          </span>
        )}
        <Icon name={isOpen ? 'chevron-down' : 'chevron-right'} />
      </div>
      {isOpen && <CauseBody id={body} cause={cause} first={diagnosis.firstStep} store={store} />}
    </li>
  );
}

interface BodyProps {
  readonly id: string;
  readonly cause: Cause;
  /** What stands above all causes. */
  readonly first: Step | undefined;
  readonly store: Store;
}

function CauseBody({ id, cause, first, store }: BodyProps): JSX.Element {
  const { picture, explanation, danger, doNext, doNot } = cause;
  const further = doNext.filter(
    ({ command }) => command === undefined || command !== first?.command,
  );
  const steps = further.length > 0 ? further : doNext;
  return (
    <div class="cause-body" id={id}>
      <div class="cause-words">
        <p>{sentence(explanation)}</p>
        <dl>
          {danger.text !== '' && (
            <>
              <dt>In danger</dt>
              <dd>
                <DangerText danger={danger} store={store} />
              </dd>
            </>
          )}
          {steps.length > 0 && (
            <>
              <dt class="do">Do</dt>
              <dd>
                <Advice steps={steps} store={store} />
              </dd>
            </>
          )}
          {doNot.length > 0 && (
            <>
              <dt class="do-not">Do not</dt>
              <dd>
                <Advice steps={doNot} store={store} isForbidden />
              </dd>
            </>
          )}
        </dl>
      </div>
      <div class="cause-side">
        {picture && <ClaimBoxes picture={picture} store={store} />}
        <Actions cause={cause} store={store} />
      </div>
      <QemuLines cause={cause} />
    </div>
  );
}

function Actions({ cause, store }: Pick<BodyProps, 'cause' | 'store'>): JSX.Element | null {
  const { clusterToShow, findings } = cause;
  const onMap = clusterToShow !== undefined && store.selection.has(clusterToShow);
  if (!onMap && findings === 0) return null;
  return (
    <div class="cause-actions">
      {onMap && (
        <button
          type="button"
          class="button secondary with-icon"
          onClick={() => {
            store.selection.goTo(clusterToShow);
          }}
        >
          <Icon name="location" />
          Show on Map
        </button>
      )}
      {findings > 0 && (
        <button
          type="button"
          class="button secondary with-icon"
          onClick={() => {
            showFindings(store, cause);
          }}
        >
          <Icon name="list-unordered" />
          {plural(findings, 'Finding')}
        </button>
      )}
    </div>
  );
}
