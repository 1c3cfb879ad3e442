import type { JSX } from 'preact';
import { useSignal } from '@preact/signals';
import {
  HOST_WRITE_KINDS,
  OPERATION_FORMS,
  parseSimulatedOperation,
} from '../../../src/core/simulate/copy/operation.js';
import type { Store } from '../../state/store.js';
import { count, size } from '../../text/text.js';
import {
  completion,
  OPERATION_WORDS,
  type DraftParts,
  draftParts,
  lineOf,
  withOffset,
  wordOf,
} from './draft.js';
import { IconButton } from '../../parts/icon.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';

interface Props {
  readonly store: Store;
}

/** Where an operation is typed, or put together in a form: two views of the same line. */
export function CommandLine({ store }: Props): JSX.Element {
  const { simulation } = store;
  const draft = simulation.draft.value;
  const complaint = useSignal<string | undefined>(undefined);
  const hasForm = useSignal(false);
  const recall = useSignal(0);
  const type = (text: string): void => {
    simulation.draft.value = text;
    complaint.value = undefined;
  };
  const submit = (): void => {
    const parsed = parseSimulatedOperation(draft);
    if (!parsed.ok) complaint.value = parsed.message;
    else if (simulation.isFull) complaint.value = 'The list is full.';
    else {
      recall.value = 0;
      complaint.value = undefined;
      simulation.add(draft.trim());
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    const completed = completion(draft);
    if (event.key === 'Tab' && !event.shiftKey && completed !== undefined) {
      event.preventDefault();
      type(completed);
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const { value } = simulation.operations;
      const back = Math.min(
        Math.max(recall.value + (event.key === 'ArrowUp' ? 1 : -1), 0),
        value.length,
      );
      event.preventDefault();
      recall.value = back;
      type(back === 0 ? '' : value[value.length - back]);
    }
  };
  return (
    <form
      class="command"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="command-row">
        <input
          class={complaint.value === undefined ? 'input mono' : 'input mono invalid'}
          type="text"
          value={draft}
          placeholder="write 0x30000000 64K"
          aria-label="Operation"
          aria-describedby="command-hint"
          aria-invalid={complaint.value !== undefined}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => {
            type(currentTarget.value);
          }}
          onKeyDown={onKey}
        />
        <IconButton
          icon="settings"
          label="Fill in a form"
          pressed={hasForm.value}
          onClick={() => {
            hasForm.value = !hasForm.value;
          }}
        />
        <button type="submit" class="button">
          Simulate
        </button>
      </div>
      {complaint.value === undefined ? (
        <Hint store={store} onType={type} />
      ) : (
        <p class="command-hint complaint mono" id="command-hint" role="alert">
          {clean(complaint.value)}
        </p>
      )}
      {hasForm.value && <DraftForm draft={draft} onType={type} />}
      <SelectedCluster store={store} onType={type} />
    </form>
  );
}

interface DraftProps {
  readonly draft: string;
  readonly onType: (text: string) => void;
}

/** What may be typed, or what is still to come of it. */
function Hint({ store, onType }: Props & Pick<DraftProps, 'onType'>): JSX.Element {
  const draft = store.simulation.draft.value;
  const word = wordOf(draft);
  if (word !== undefined) {
    const form = OPERATION_FORMS[word];
    return (
      <p class="command-hint dim" id="command-hint">
        <span class="mono">
          {word} {form}
        </span>
        {form.includes('OFF') && ' · sizes as QEMU takes them: 0x30000, 64K, 1.5G'}
        {word === 'host-write' && ' · what if QEMU wrote this kind of structure there?'}
      </p>
    );
  }
  if (draft.trim() === '' && store.simulation.operations.value.length > 0)
    return (
      <p class="command-hint dim" id="command-hint">
        write, discard, snapshot-create, host-write, … ↑ brings back an earlier line.
      </p>
    );
  const completed = completion(draft);
  return (
    <p class="command-hint dim" id="command-hint">
      {completed === undefined ? '' : `Tab: ${completed.trim()} · `}
      {OPERATION_WORDS.filter((each) => each.startsWith(draft.trim())).map((each) => (
        <button
          key={each}
          type="button"
          class="link mono"
          onClick={() => {
            onType(OPERATION_FORMS[each] === '' ? each : `${each} `);
          }}
        >
          {each}
        </button>
      ))}
    </p>
  );
}

/** The same line, part by part. */
function DraftForm({ draft, onType }: DraftProps): JSX.Element {
  // A field that is empty for a moment stays so, though the line has to say something.
  const own = useSignal({ line: draft, parts: draftParts(draft) });
  const parts = own.value.line === draft ? own.value.parts : draftParts(draft);
  const change = (changed: Partial<DraftParts>): void => {
    const next = { ...parts, ...changed };
    const line = lineOf(next);
    own.value = { line, parts: next };
    onType(line);
  };
  const field = (part: 'offset' | 'length' | 'name', label: string): JSX.Element => (
    <label>
      {label}
      <input
        class="input mono"
        type="text"
        value={parts[part]}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => {
          change({ [part]: currentTarget.value });
        }}
      />
    </label>
  );
  const isHost = parts.word === 'host-write';
  const form = OPERATION_FORMS[parts.word];
  return (
    <div class="draft-form" role="group" aria-label="Operation, part by part">
      <label>
        Operation
        <select
          class="dropdown"
          value={parts.word}
          onChange={({ currentTarget }) => {
            change({ word: wordOf(currentTarget.value) ?? 'write' });
          }}
        >
          {OPERATION_WORDS.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      {isHost && (
        <label>
          Kind
          <select
            class="dropdown"
            value={parts.kind}
            onChange={({ currentTarget }) => {
              change({ kind: currentTarget.value });
            }}
          >
            {HOST_WRITE_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {kind}
              </option>
            ))}
          </select>
        </label>
      )}
      {form.includes('OFF') && field('offset', isHost ? 'Host offset' : 'Guest offset')}
      {form.includes('LEN') && field('length', 'Length')}
      {form === 'NAME' && field('name', 'Name')}
      {form.includes('unmap') && (
        <label class="check">
          <input
            type="checkbox"
            checked={parts.unmap}
            onChange={({ currentTarget }) => {
              change({ unmap: currentTarget.checked });
            }}
          />
          unmap
        </label>
      )}
    </div>
  );
}

/** Puts the selected cluster into the line: as the guest sees it, or as a place in the file. */
function SelectedCluster({
  store,
  onType,
}: Props & Pick<DraftProps, 'onType'>): JSX.Element | null {
  const { value: detail } = store.selection.detail;
  if (detail.state !== 'known') return null;
  const { cluster, offset, owners } = detail.detail;
  const guest = owners
    .flatMap((owner) => ('guestOffset' in owner ? [owner.guestOffset] : []))
    .at(0);
  const { clusterSize } = store;
  const draft = store.simulation.draft.value;
  const put = (to: number, isHost: boolean): void => {
    onType(withOffset(draft, to, clusterSize, isHost));
  };
  return (
    <p class="command-selected dim">
      Cluster {count(cluster)}:
      {guest !== undefined && (
        <button
          type="button"
          class="link"
          title={`Write these ${size(clusterSize)} of the guest disk`}
          onClick={() => {
            put(guest, false);
          }}
        >
          guest <span class="mono">{hex(guest)}</span>
        </button>
      )}
      <button
        type="button"
        class="link"
        title="Write to this place in the file, whatever it holds"
        onClick={() => {
          put(offset, true);
        }}
      >
        host <span class="mono">{hex(offset)}</span>
      </button>
    </p>
  );
}
