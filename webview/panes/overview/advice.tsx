import type { JSX } from 'preact';
import type { Step } from '../../../src/core/check/causes/cause.js';
import { stepCommand } from '../../../src/core/check/causes/stepCommand.js';
import type { Store } from '../../state/store.js';
import { IconButton } from '../../parts/icon.js';
import { commandName, sentence } from './sentences.js';

interface Props {
  readonly steps: readonly Step[];
  readonly store: Store;
  /** What is not to be done is shown, and not to be copied. */
  readonly isForbidden?: boolean;
}

/** The command of a step for this image and the user's shell. */
export const commandOf = (step: Step, store: Store): string | undefined =>
  stepCommand(step, store.facts.value?.fileName ?? '', store.shell.value);

/** What to do, or not to. */
export function Advice({ steps, store, isForbidden = false }: Props): JSX.Element {
  return (
    <ul class="advice">
      {steps.map((step) => (
        <li key={step.text}>
          {sentence(step.text)}
          <Command step={step} store={store} isForbidden={isForbidden} />
        </li>
      ))}
    </ul>
  );
}

interface CommandProps {
  readonly step: Step;
  readonly store: Store;
  readonly isForbidden: boolean;
}

function Command({ step, store, isForbidden }: CommandProps): JSX.Element | null {
  const command = commandOf(step, store);
  if (command === undefined) return null;
  return (
    <span class={isForbidden ? 'step-command forbidden' : 'step-command'}>
      <code>{command}</code>
      {!isForbidden && (
        <IconButton
          icon="copy"
          label={`Copy the ${commandName(step)} command`}
          onClick={() => {
            store.actions.copy(command);
          }}
        />
      )}
    </span>
  );
}
