import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { messageLines } from '../../../src/core/simulate/copy/laterMessages.js';
import { parseSimulatedOperation } from '../../../src/core/simulate/copy/operation.js';
import type { Store } from '../../state/store.js';
import { simulationJson, simulationScript } from './simulationExport.js';
import { verdictLook } from './simulationText.js';
import { plural } from '../../text/text.js';
import { IconButton } from '../../parts/icon.js';
import { VerdictBadge } from './verdictBadge.js';
import { clean } from '../../../src/core/text.js';

interface Props {
  readonly store: Store;
}

/** The operations so far with what came of each; one is looked at. */
export function OperationList({ store }: Props): JSX.Element | null {
  const { simulation } = store;
  const isText = useSignal(false);
  const operations = simulation.operations.value;
  const outcomes = simulation.outcomes.value;
  const shown = simulation.chosenOperation.value;
  return (
    <section aria-labelledby="operations-title">
      <div class="section-head">
        <h2 class="section-title" id="operations-title">
          Operations
        </h2>
        <IconButton
          icon="discard"
          label="Undo the last change of the list"
          disabled={!simulation.canUndo}
          onClick={() => {
            simulation.undo();
          }}
        />
        <IconButton
          icon="clear-all"
          label="Start again with no operations"
          disabled={operations.length === 0}
          onClick={() => {
            simulation.replace([]);
          }}
        />
        <IconButton
          icon="edit"
          label="Edit or paste the list as text"
          pressed={isText.value}
          onClick={() => {
            isText.value = !isText.value;
          }}
        />
        <IconButton
          icon="terminal"
          label="Copy as qemu-io commands"
          disabled={operations.length === 0}
          onClick={() => {
            store.actions.copy(simulationScript(store));
          }}
        />
        <IconButton
          icon="json"
          label="Copy as JSON"
          disabled={operations.length === 0}
          onClick={() => {
            store.actions.copy(simulationJson(store));
          }}
        />
      </div>
      {isText.value ? (
        <ListEditor
          store={store}
          onDone={() => {
            isText.value = false;
          }}
        />
      ) : (
        <ol class="operations">
          {operations.map((line, index) => {
            const outcome = outcomes.at(index);
            return (
              <li key={index}>
                <button
                  type="button"
                  class="operation"
                  aria-current={index === shown ? 'true' : undefined}
                  title={outcome && messageLines(outcome).map(clean).join('\n')}
                  onClick={() => {
                    simulation.select(index);
                  }}
                >
                  <span class="number">{index + 1}</span>
                  <span class="operation-text mono">{clean(line)}</span>
                  {outcome && <VerdictBadge look={verdictLook(outcome.verdict)} />}
                </button>
              </li>
            );
          })}
        </ol>
      )}
      {operations.length === 0 && !isText.value && (
        <p class="dim">
          None yet. They run on a simulated copy, one after the other; the image is never touched.
        </p>
      )}
    </section>
  );
}

/** The whole list as text: to paste a list, or the JSON that was copied. */
function ListEditor({ store, onDone }: Props & { readonly onDone: () => void }): JSX.Element {
  const { simulation } = store;
  const text = useSignal(simulation.operations.value.join('\n'));
  const complaint = useSignal<string | undefined>(undefined);
  const apply = (): void => {
    const lines = linesOf(text.value);
    for (const [index, line] of lines.entries()) {
      const parsed = parseSimulatedOperation(line);
      if (parsed.ok) continue;
      complaint.value = `Line ${index + 1}: ${parsed.message}`;
      return;
    }
    simulation.replace(lines);
    onDone();
  };
  return (
    <div class="list-editor">
      <textarea
        class="input mono"
        aria-label="Operations, one a line, or the JSON that was copied"
        rows={8}
        spellcheck={false}
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
          complaint.value = undefined;
        }}
      />
      {complaint.value !== undefined && (
        <p class="complaint mono" role="alert">
          {clean(complaint.value)}
        </p>
      )}
      <div class="editor-buttons">
        <button type="button" class="button" onClick={apply}>
          Simulate {plural(linesOf(text.value).length, 'operation')}
        </button>
        <button type="button" class="button secondary" onClick={onDone}>
          Cancel
        </button>
      </div>
    </div>
  );
}

/** Operations of a text: those of our JSON, or its lines but for empty ones and comments. */
function linesOf(text: string): string[] {
  const fromJson = operationsOfJson(text);
  if (fromJson) return fromJson;
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function operationsOfJson(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('operations' in parsed))
      return undefined;
    const { operations } = parsed;
    if (!Array.isArray(operations)) return undefined;
    return operations.filter((line): line is string => typeof line === 'string');
  } catch {
    return undefined;
  }
}
