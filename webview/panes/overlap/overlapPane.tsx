import type { JSX } from 'preact';
import type { BuiltOverlap } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { Icon } from '../../parts/icon.js';
import { Answers } from './answers.js';
import { MemoryLimitEvents } from './memoryLimitEvents.js';
import { MemorySection } from './memorySection.js';
import { Opening } from './opening.js';
import { SettingsForm } from './settingsForm.js';
import { Stepper } from './stepper.js';
import { WindowDetails } from './windowDetails.js';
import { WindowsSection } from './windowsSection.js';
import { clean } from '../../../src/core/text.js';

interface Props {
  readonly store: Store;
}

/** The overlap structures under the user's settings: all about them, and what would be better. */
export function OverlapPane({ store }: Props): JSX.Element {
  const { answer, failure, ready } = store.overlap;
  const built = answer.value?.state === 'built' ? answer.value : undefined;
  return (
    <div class="overlap">
      <div class="overlap-scroll">
        <SettingsForm store={store} />
        {failure.value === undefined && ready.value ? (
          <>
            <Unbuilt store={store} />
            <Answers store={store} />
            {built && <Structures store={store} built={built} />}
          </>
        ) : (
          <p class="hint dim">{waitingText(store)}</p>
        )}
      </div>
      {built && <Stepper store={store} built={built} />}
    </div>
  );
}

const Structures = ({ store, built }: Props & { readonly built: BuiltOverlap }): JSX.Element => (
  <>
    <MemorySection memory={built.memory} />
    <Opening store={store} built={built} />
    <WindowsSection store={store} built={built} />
    <WindowDetails store={store} />
    <MemoryLimitEvents store={store} built={built} />
  </>
);

/** Why there are no structures to be shown. */
function Unbuilt({ store }: Props): JSX.Element | null {
  const answer = store.overlap.answer.value;
  switch (answer?.state) {
    case undefined:
      return <p class="hint dim">Building the structures…</p>;
    case 'built':
      return null;
    case 'none':
      return (
        <div class="hint">
          <Icon name="circle-slash" />
          <p>
            Nothing is guarded that the structures know: they are not created, no limit applies, and
            a stray write to metadata goes unnoticed.
          </p>
        </div>
      );
    case 'failed':
      return (
        <div class="hint">
          <Icon name="error" />
          <p>With these settings QEMU would not open the image.</p>
          {answer.setting === undefined && <p class="mono">{clean(answer.message)}</p>}
        </div>
      );
  }
}

function waitingText(store: Store): string {
  const failure = store.overlap.failure.value;
  if (failure !== undefined) return `The structures cannot be shown: ${clean(failure)}`;
  return store.scan.value.state === 'cancelled'
    ? 'The scan was cancelled: reload the image to have its structures built.'
    : 'The structures are built when the scan is done.';
}
