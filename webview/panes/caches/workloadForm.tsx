import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { isPatternName, parsePattern, PATTERNS } from '../../../src/core/workload/pattern.js';
import { formatText, type WorkloadReport } from '../../../src/core/workload/workloadReport.js';
import { clean } from '../../../src/core/text.js';
import type { Workload } from '../../../src/protocol/questions.js';
import type { Store } from '../../state/store.js';
import { count } from '../../text/text.js';

/** Settings of all patterns, and of some, in the order of the form. */
const COMMON = [
  ['ops', 'requests'],
  ['block', 'block size'],
  ['reads', 'reads, %'],
  ['size', 'on the first'],
  ['seed', 'seed'],
] as const;
const OWN: Readonly<Record<string, readonly (readonly [key: string, label: string])[]>> = {
  zipf: [['theta', 'skew']],
  mixed: [['theta', 'skew']],
  database: [['theta', 'skew']],
  hotset: [
    ['hot', 'hot part, %'],
    ['heat', 'requests to it, %'],
  ],
  strided: [['stride', 'stride']],
};

/** Formats as the field takes them; a table names its columns. */
const FORMATS = [
  'fio',
  'blkparse:action=Q',
  'blkparse:action=D',
  'qemu:events=blk',
  'qemu:events=bdrv',
  'biosnoop',
  'csv:offset=5,length=6,op=4,offset-unit=512',
  'operations',
] as const;

interface Props {
  readonly store: Store;
  readonly workload: Workload;
  /** What was read of it, once that is known. */
  readonly report: WorkloadReport | undefined;
  readonly onRun: (workload: Workload) => void;
  /** It is the one beside the other. */
  readonly isSecond: boolean;
}

/** Chooses a workload: a pattern with its settings, or a file and how it is read. */
export function WorkloadForm(props: Props): JSX.Element {
  const { store, workload, isSecond, onRun } = props;
  return (
    <div class="workload-form">
      <PatternForm
        text={workload.kind === 'pattern' ? workload.text : 'database'}
        onRun={(text) => {
          onRun({ kind: 'pattern', text });
        }}
      />
      <div class="workload-file">
        <span class="dim">
          or a log: fio, blkparse, QEMU’s trace, biosnoop, CSV
          {!isSecond && '; it can be dropped here with Shift held'}
        </span>
        <button
          type="button"
          class="button secondary"
          onClick={() => {
            store.actions.loadWorkload(isSecond ? { isSecond } : {});
          }}
        >
          Load file…
        </button>
      </div>
      {workload.kind === 'file' && <FileForm {...props} workload={workload} />}
    </div>
  );
}

interface PatternProps {
  readonly text: string;
  readonly onRun: (text: string) => void;
}

function PatternForm({ text, onRun }: PatternProps): JSX.Element {
  const [name, ...words] = text.split(/[:,]/);
  const chosen = useSignal(isPatternName(name) ? name : 'database');
  const complaint = useSignal<string | undefined>(undefined);
  const settings = new Map(
    words.map((word) => {
      const [key, value = ''] = word.split('=', 2);
      return [key, value] as const;
    }),
  );
  const fields = [...COMMON, ...(OWN[chosen.value] ?? [])];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const set = fields.flatMap(([key]) => {
          const value = data.get(key);
          return typeof value === 'string' && value.trim() !== '' ? [`${key}=${value.trim()}`] : [];
        });
        const written = [chosen.value, set.join(',')].filter(Boolean).join(':');
        const parsed = parsePattern(written);
        complaint.value = parsed.ok ? undefined : parsed.message;
        if (parsed.ok) onRun(written);
      }}
    >
      <div class="workload-fields">
        <label>
          pattern
          <select
            class="dropdown"
            value={chosen.value}
            onChange={({ currentTarget: { value } }) => {
              if (isPatternName(value)) chosen.value = value;
            }}
          >
            {Object.keys(PATTERNS).map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        {fields.map(([key, label]) => (
          <label key={key}>
            {label}
            <input
              class="input"
              name={key}
              type="text"
              maxLength={20}
              autocomplete="off"
              spellcheck={false}
              placeholder={key === 'size' ? 'whole disk' : 'usual'}
              defaultValue={settings.get(key) ?? ''}
            />
          </label>
        ))}
        <button type="submit" class="button">
          Run
        </button>
      </div>
      <p class="dim workload-hint">
        {chosen.value}: {PATTERNS[chosen.value].replace(/`/g, '')}
      </p>
      {complaint.value !== undefined && (
        <p class="field-error" role="alert">
          {clean(complaint.value)}
        </p>
      )}
    </form>
  );
}

/** How a file is read: what was guessed, and what to say instead. */
function FileForm({
  workload,
  report,
  onRun,
}: Props & { readonly workload: Extract<Workload, { kind: 'file' }> }): JSX.Element {
  const file = report?.kind === 'file' ? report : undefined;
  const commit = (written: string): void => {
    const format = written.trim() === '' ? undefined : written.trim();
    if (format !== workload.format) onRun({ ...workload, format });
  };
  return (
    <div class="workload-fields">
      <label class="workload-format">
        read as
        <input
          key={workload.format}
          class="input mono"
          type="text"
          list="workload-formats"
          maxLength={300}
          autocomplete="off"
          spellcheck={false}
          placeholder={file ? `guessed: ${formatText(file.format)}` : 'guessed'}
          defaultValue={workload.format ?? ''}
          onBlur={({ currentTarget }) => {
            commit(currentTarget.value);
          }}
          onKeyDown={({ key, currentTarget }) => {
            if (key === 'Enter') commit(currentTarget.value);
          }}
        />
        <datalist id="workload-formats">
          {FORMATS.map((format) => (
            <option key={format} value={format} />
          ))}
        </datalist>
      </label>
      {file && file.volumes.length > 1 && (
        <label>
          disk
          <select
            class="dropdown"
            value={workload.volume ?? ''}
            onChange={({ currentTarget: { value } }) => {
              onRun({ ...workload, volume: value === '' ? undefined : value });
            }}
          >
            <option value="">all, as one</option>
            {file.volumes.map(({ name, requests }) => (
              <option key={name} value={name}>
                {clean(name)} ({count(requests)})
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
