import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { OverlapAdvice, SettingAdvice } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { Icon } from '../../parts/icon.js';
import { Poll } from '../../state/poll.js';

interface Props {
  readonly store: Store;
}

/** Milliseconds until it is asked again how far the search for better settings is. */
const AGAIN = 60;

const OPTION_NAME = { bitmapSize: 'bitmap-size', totalSizeLimit: 'total-size-limit' } as const;

/** What holds under these settings, and which would be better: the answers to the review's questions. */
export function Answers({ store }: Props): JSX.Element | null {
  const advice = useAdvice(store);
  const answer = store.overlap.answer.value;
  if (!answer || answer.state === 'none') return null;
  if (answer.state === 'failed' && advice.state === 'none') return null;
  const isTrouble = (index: number): boolean =>
    answer.state === 'built' &&
    (index > 0 || Object.values(answer.counts.exposures).some((windows) => windows > 0));
  return (
    <section class="answers" aria-label="Answers">
      {answer.state === 'built' &&
        answer.sentences.map((sentence, index) => (
          <p key={index} class={isTrouble(index) ? 'answer trouble' : 'answer'}>
            <Icon name={isTrouble(index) ? 'warning' : 'pass'} />
            <span>{sentence}</span>
          </p>
        ))}
      {advice.state === 'computing' && (
        <p class="answer dim">
          <Icon name="info" />
          <span>Looking for the smallest settings that would do…</span>
        </p>
      )}
      {advice.state === 'known' &&
        advice.advice.map((each) => <Advised key={each.setting} store={store} advice={each} />)}
    </section>
  );
}

function Advised({ store, advice }: Props & { readonly advice: SettingAdvice }): JSX.Element {
  const { setting, text, value } = advice;
  const isSet = value !== undefined && store.overlap.options.value?.[setting] === value;
  return (
    <p class="answer" data-advice={setting}>
      <Icon name="info" />
      <span>
        {text} {isSet && <span class="dim">It is set.</span>}
        {!isSet && value !== undefined && (
          <button
            type="button"
            class="link"
            title={`Set ${OPTION_NAME[setting]} to ${value}`}
            onClick={() => {
              store.actions.setOverlap({ [setting]: value });
            }}
          >
            Set {value}
          </button>
        )}
      </span>
    </p>
  );
}

/** Asks until the search is done, each time the settings change. */
function useAdvice(store: Store): OverlapAdvice {
  const advice = useSignal<OverlapAdvice>({ state: 'none' });
  // Stepping through the opening does not change what would be better.
  const options = useComputed(() => store.overlap.answered.value?.options);
  useSignalEffect(() => {
    const query = options.value && { options: options.value };
    if (!query) return undefined;
    const poll = new Poll();
    void poll.run(
      (turn) =>
        turn.until(
          () => store.rpc.ask('overlapAdvice', query),
          (answer) => {
            advice.value = answer;
            return answer.state !== 'computing';
          },
          AGAIN,
        ),
      () => undefined,
    );
    return () => {
      poll.drop();
    };
  });
  return advice.value;
}
