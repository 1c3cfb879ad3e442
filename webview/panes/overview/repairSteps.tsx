import { Fragment, type JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hex } from '../../../src/core/bytes.js';
import type { RepairPhase, RepairStep } from '../../../src/core/repair/repairSteps.js';
import { clean } from '../../../src/core/text.js';
import type { PreviewedRepair } from '../../../src/protocol/repair.js';
import { IconButton } from '../../parts/icon.js';
import { Roving } from '../../parts/roving.js';
import { repairOf } from '../../state/repairState.js';
import type { Store } from '../../state/store.js';
import { count, plural, size } from '../../text/text.js';

interface Props {
  readonly store: Store;
  readonly repair: PreviewedRepair;
}

const PHASES: Readonly<Record<RepairPhase, string>> = {
  opening: 'Opening writes',
  checking: 'The check writes',
  closing: 'Closing writes',
};

/** What QEMU writes, in its order: the step that is looked at stands on the map. */
export function RepairSteps({ store, repair }: Props): JSX.Element {
  const { steps, stepCount } = repair;
  const state = repairOf(store);
  const at = Math.min(state.step.value, steps.length - 1);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <div class="repair-steps">
      <div class="repair-stepper">
        <IconButton
          icon="chevron-left"
          label="Step before"
          disabled={at === 0}
          onClick={() => {
            state.goTo(at - 1);
          }}
        />
        <IconButton
          icon="chevron-right"
          label="Next step"
          disabled={at === steps.length - 1}
          onClick={() => {
            state.goTo(at + 1);
          }}
        />
        <span role="status">
          {count(at + 1)} of {count(stepCount)}: {stepText(steps[at])}
        </span>
      </div>
      <div ref={list} class="repair-step-list">
        <Roving class="repair-step-rows" label={`Steps of check -r ${repair.mode}`}>
          {steps.map((step, index) => (
            <Fragment key={index}>
              {step.phase !== steps.at(index - 1)?.phase || index === 0 ? (
                <p class="dim repair-phase">{PHASES[step.phase]}</p>
              ) : null}
              <button
                type="button"
                class="repair-step"
                aria-pressed={index === at}
                data-harm={step.harms || step.conflict !== undefined}
                title={step.conflict && clean(step.conflict)}
                onClick={() => {
                  state.goTo(index);
                }}
              >
                <span class="dim">{count(index + 1)}</span>
                <span>{stepText(step)}</span>
                <span class="mono dim">{placeText(step)}</span>
              </button>
            </Fragment>
          ))}
        </Roving>
      </div>
      {stepCount > steps.length && (
        <p class="dim">and {plural(stepCount - steps.length, 'more step')}</p>
      )}
      <p class="dim">
        Writes of one kind, one after the other, are a step. Refcounts are written when their block
        leaves QEMU&apos;s cache: after what they count.
      </p>
    </div>
  );
}

function stepText({ what, writes, length, conflict, harms }: RepairStep): string {
  const much = size(length);
  const text =
    what === 'hole'
      ? `gives ${much} free`
      : what === 'file length'
        ? `makes the file ${much} longer`
        : `writes ${writes > 1 ? `${count(writes)} × ` : ''}${what}, ${much}`;
  if (conflict !== undefined) return `${text}: stopped, it would overwrite metadata`;
  return harms ? `${text}, over what others have there` : text;
}

const placeText = ({ places }: RepairStep): string =>
  `${places
    .slice(0, 1)
    .map(({ offset }) => hex(offset))
    .join('')}${places.length > 1 ? ' …' : ''}`;
