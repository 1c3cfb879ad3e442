import type { JSX } from 'preact';
import type { Step } from '../../../src/core/check/causes/cause.js';
import type { PreviewedRepair } from '../../../src/protocol/repair.js';
import { Icon } from '../../parts/icon.js';
import type { Store } from '../../state/store.js';
import { Advice, commandOf } from './advice.js';

interface Props {
  readonly store: Store;
  readonly repair: PreviewedRepair;
}

/**
 * What to do: the commands of a repair that destroys nothing, always on a copy; of another one no
 * command at all, but what the diagnosis says.
 */
export function RepairAdvice({ store, repair }: Props): JSX.Element | null {
  const { mode, verdict } = repair;
  if (verdict.kind === 'safe' || verdict.kind === 'helps') {
    const steps: readonly Step[] = [
      { text: 'Copy the file; repair the copy', command: 'cp {image} {copy}' },
      {
        text: verdict.kind === 'safe' ? 'Nothing is lost by it' : 'Something stays: see above',
        command: `qemu-img check -f qcow2 -r ${mode} {copy}`,
      },
    ];
    return <Card title={`Run check -r ${mode} on a copy`} steps={steps} store={store} />;
  }
  const steps = insteadOf(store);
  if (steps.length === 0) return null;
  return <Card title="Do this instead" steps={steps} store={store} />;
}

/** What the worst cause advises. */
function insteadOf(store: Store): readonly Step[] {
  const answer = store.diagnosis.answer.value;
  if (answer?.state !== 'diagnosed') return [];
  const { firstStep, causes } = answer.diagnosis;
  const steps = causes.at(0)?.doNext ?? [];
  const isFirst = ({ command }: Step): boolean =>
    command !== undefined && command === firstStep?.command;
  return firstStep ? [firstStep, ...steps.filter((step) => !isFirst(step))] : steps;
}

interface CardProps {
  readonly title: string;
  readonly steps: readonly Step[];
  readonly store: Store;
}

function Card({ title, steps, store }: CardProps): JSX.Element {
  const commands = steps.flatMap((step) => commandOf(step, store) ?? []);
  return (
    <section class="repair-advice" aria-labelledby="repair-advice">
      <h3 id="repair-advice">{title}</h3>
      <Advice steps={steps} store={store} />
      {commands.length > 0 && (
        <button
          type="button"
          class="button with-icon"
          onClick={() => {
            store.actions.copy(commands.join('\n'));
          }}
        >
          <Icon name="copy" />
          Copy Commands
        </button>
      )}
    </section>
  );
}
