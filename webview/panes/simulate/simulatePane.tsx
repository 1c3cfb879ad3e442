import type { JSX } from 'preact';
import type { Store } from '../../state/store.js';
import { CacheBars } from './cacheBars.js';
import { CacheSettings } from './cacheSettings.js';
import { CommandLine } from './commandLine.js';
import { ConflictMap } from './conflictMap.js';
import { DiskDifference } from './diskDifference.js';
import { Icon } from '../../parts/icon.js';
import { OpeningRepair } from './openingRepair.js';
import { OperationList } from './operationList.js';
import { StepList } from './stepList.js';
import { VerdictTable } from './verdictTable.js';
import type { CacheMode, EngineName } from '../../../src/protocol/shapes.js';
import { clean } from '../../../src/core/text.js';

const ENGINES: readonly Choice<EngineName>[] = [
  { value: 'today', text: 'QEMU today', title: 'The overlap check as QEMU has it' },
  {
    value: 'structures',
    text: 'Structures',
    title: 'The overlap structures, as set up in VS Code',
  },
];

const CACHE_MODES: readonly Choice<CacheMode>[] = [
  {
    value: 'writethrough',
    text: 'writethrough',
    title: 'A flush after every successful write, as qemu-io does by default',
  },
  { value: 'writeback', text: 'writeback', title: 'Metadata is written when it has to be' },
];

/** What QEMU would do: operations on a simulated copy, the verdict of every check, all steps. */
export function SimulatePane({ store }: { readonly store: Store }): JSX.Element {
  const { simulation } = store;
  if (!store.overlap.ready.value)
    return <p class="hint dim">Writes can be simulated when the image has been scanned.</p>;
  const answer = simulation.answer.value;
  const trouble =
    simulation.failure.value ?? (answer?.state === 'refused' ? answer.message : undefined);
  return (
    <div class="simulate">
      <CommandLine store={store} />
      <div class="opening">
        <Choices
          label="Overlap check that the steps go by"
          choices={ENGINES}
          chosen={simulation.engine.value}
          onChoose={(engine) => {
            simulation.engine.value = engine;
          }}
        />
        <Choices
          label="Cache mode"
          choices={CACHE_MODES}
          chosen={simulation.cache.value}
          onChoose={(cache) => {
            simulation.cache.value = cache;
          }}
        />
        <button
          type="button"
          class="pill"
          title="Discarded clusters read as zeros and keep their place in the file (QEMU 8.1 and later)"
          aria-pressed={simulation.discardNoUnref.value === true}
          onClick={() => {
            store.actions.setDiscardNoUnref(simulation.discardNoUnref.value !== true);
          }}
        >
          discard-no-unref
        </button>
      </div>
      <CacheSettings store={store} />
      {trouble !== undefined && (
        <p class="callout" role="alert">
          <Icon name="lock" />
          <span class="mono">{clean(trouble)}</span>
        </p>
      )}
      <OpeningRepair store={store} />
      <OperationList store={store} />
      {trouble === undefined && (
        <>
          <VerdictTable store={store} />
          <StepList store={store} />
          <CacheBars store={store} />
          <DiskDifference store={store} />
        </>
      )}
      <ConflictMap store={store} />
    </div>
  );
}

interface Choice<T> {
  readonly value: T;
  readonly text: string;
  readonly title: string;
}

interface ChoicesProps<T> {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly chosen: T;
  readonly onChoose: (value: T) => void;
}

function Choices<T extends string>(props: ChoicesProps<T>): JSX.Element {
  const { label, choices, chosen, onChoose } = props;
  return (
    <div class="segments" role="group" aria-label={label}>
      {choices.map(({ value, text, title }) => (
        <button
          key={value}
          type="button"
          title={title}
          aria-pressed={value === chosen}
          onClick={() => {
            onChoose(value);
          }}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
