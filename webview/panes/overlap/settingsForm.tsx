import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { BITMAP_BYTES } from '../../../src/core/overlap/fragments.js';
import { TEMPLATES } from '../../../src/core/overlap/types.js';
import { formatSize, parseSize } from '../../../src/core/size.js';
import type { OverlapSetting } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { plural } from '../../text/text.js';
import { TypeToggles } from './typeToggles.js';
import type { OverlapOptions } from '../../../src/protocol/shapes.js';
import { clean } from '../../../src/core/text.js';

interface Props {
  readonly store: Store;
}

/** The settings, by the names of QEMU's options. Each change is tried at once, and kept by VS Code. */
export function SettingsForm({ store }: Props): JSX.Element | null {
  const options = store.overlap.options.value;
  if (!options) return null;
  const set = (changes: Partial<OverlapOptions>): void => {
    store.actions.setOverlap(changes);
  };
  return (
    <form
      class="overlap-settings"
      aria-label="Settings"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      <Field store={store} setting="overlapCheck" name="overlap-check">
        <select
          id="overlapCheck"
          class="dropdown"
          value={options.overlapCheck}
          onChange={({ currentTarget }) => {
            set({ overlapCheck: currentTarget.value });
          }}
        >
          {Object.keys(TEMPLATES).map((template) => (
            <option key={template} value={template}>
              {template}
            </option>
          ))}
          {!Object.hasOwn(TEMPLATES, options.overlapCheck) && (
            <option value={options.overlapCheck}>{clean(options.overlapCheck)}</option>
          )}
        </select>
      </Field>
      <TypeToggles store={store} options={options} />
      <Field store={store} setting="bitmapSize" name="bitmap-size">
        <SizeInput store={store} setting="bitmapSize" value={options.bitmapSize} />
        <span class="dim">{slotsText(options.bitmapSize)}</span>
      </Field>
      <Field store={store} setting="totalSizeLimit" name="total-size-limit">
        <SizeInput
          store={store}
          setting="totalSizeLimit"
          value={options.totalSizeLimit}
          placeholder="none"
        />
        <span class="dim">{bytesText(options.totalSizeLimit)}</span>
      </Field>
      <Field store={store} setting="limitPolicy" name="limit-policy">
        <div id="limitPolicy" class="segments" role="group" aria-label="limit-policy">
          {(['evict', 'fail'] as const).map((policy) => (
            <button
              key={policy}
              type="button"
              aria-pressed={options.limitPolicy === policy}
              title={POLICY_TITLE[policy]}
              onClick={() => {
                set({ limitPolicy: policy });
              }}
            >
              {policy}
            </button>
          ))}
        </div>
      </Field>
    </form>
  );
}

const POLICY_TITLE = {
  evict: 'When memory is refused, cached windows are turned into fragments until there is room',
  fail: 'When memory is refused, the window stays as it is',
} as const;

interface FieldProps extends Props {
  readonly setting: OverlapSetting;
  readonly name: string;
  readonly children: ComponentChildren;
}

/** A setting with its name, and below it what QEMU has against it. */
function Field({ store, setting, name, children }: FieldProps): JSX.Element {
  const message = refusal(store, setting);
  return (
    <>
      {setting === 'limitPolicy' ? (
        <span class="field-name">{name}</span>
      ) : (
        <label class="field-name" for={setting}>
          {name}
        </label>
      )}
      <div class="field">{children}</div>
      {message !== undefined && (
        <p class="field-error" id={`${setting}-error`} role="alert">
          {message.map((line) => (
            <span key={line}>{clean(line)}</span>
          ))}
        </p>
      )}
    </>
  );
}

/** What QEMU says, and its hint: it breaks the lines of that itself, for another width than ours. */
function refusal(store: Store, setting: OverlapSetting): readonly string[] | undefined {
  const answer = store.overlap.answer.value;
  if (answer?.state !== 'failed' || answer.setting !== setting) return undefined;
  const [message, ...hint] = answer.message.split('\n');
  return hint.length > 0 ? [message, hint.join(' ')] : [message];
}

interface SizeInputProps extends Props {
  readonly setting: 'bitmapSize' | 'totalSizeLimit';
  readonly value: string;
  readonly placeholder?: string;
}

/** A size in QEMU's spelling: taken on Enter and when the field is left, given up on Escape. */
function SizeInput({ store, setting, value, placeholder }: SizeInputProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current) input.current.value = value;
  }, [value]);
  const isRefused = refusal(store, setting) !== undefined;
  const commit = (element: HTMLInputElement): void => {
    const written = element.value.trim();
    if (written !== value) store.actions.setOverlap({ [setting]: written });
  };
  return (
    <input
      ref={input}
      id={setting}
      class="input mono"
      type="text"
      maxLength={40}
      spellcheck={false}
      autocomplete="off"
      placeholder={placeholder}
      aria-invalid={isRefused}
      aria-describedby={isRefused ? `${setting}-error` : undefined}
      onBlur={({ currentTarget }) => {
        commit(currentTarget);
      }}
      onKeyDown={({ key, currentTarget }) => {
        if (key === 'Enter') commit(currentTarget);
        if (key === 'Escape') currentTarget.value = value;
      }}
    />
  );
}

/** How many windows a `bitmap-size` has room for. */
function slotsText(size: string): string {
  const bytes = parseSize(size, '');
  return bytes.ok ? plural(Math.max(1, Math.floor(bytes.value / BITMAP_BYTES)), 'slot') : '';
}

function bytesText(size: string): string {
  const bytes = parseSize(size, '');
  if (!bytes.ok) return '';
  const short = formatSize(bytes.value);
  return short === size.toUpperCase() ? plural(bytes.value, 'byte') : short;
}
