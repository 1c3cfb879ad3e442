import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { CacheAdvice } from '../../../src/core/caches/advice.js';
import { optionTexts } from '../../../src/core/caches/optionText.js';
import { formatSize } from '../../../src/core/size.js';
import type { CachesDocument } from '../../../src/protocol/caches.js';
import { Icon } from '../../parts/icon.js';
import type { Store } from '../../state/store.js';
import { size } from '../../text/text.js';
import { ofHundred } from './cacheNames.js';
import { LayoutsTable } from './layoutsTable.js';
import type { CachesState, TriedCache } from './cachesState.js';

type Option = CacheAdvice['option'];

/** Options that a handle tries. */
const TRIED: Partial<Record<Option, TriedCache>> = {
  'l2-cache-size': 'l2',
  'refcount-cache-size': 'refcount',
  'overlap-structures.bitmap-size': 'windows',
};

/** Options of which one says what two others do. */
const INSTEAD: ReadonlySet<Option> = new Set(['cache-size', 'overlap-structures.total-size-limit']);

const PURPOSES = {
  enough: '99 % of the hits',
  'no-eviction': 'no eviction',
  'full-coverage': 'full coverage',
} as const;

const FORMS = ['-blockdev', '-drive', 'libvirt', 'VS Code'] as const;
type Form = (typeof FORMS)[number];

interface Props {
  readonly store: Store;
  readonly state: CachesState;
  readonly document: CachesDocument;
}

/** Which sizes the workload needs and why; ticked ones make the line to copy. */
export function AdviceTable({ store, state, document }: Props): JSX.Element {
  const unticked = useSignal<ReadonlySet<Option>>(new Set());
  const extra = useSignal<ReadonlySet<Option>>(new Set());
  const advised = document.advice.filter(({ purpose }) => purpose === 'enough');
  const isTicked = (one: CacheAdvice): boolean =>
    isWorthwhile(one) ? !unticked.value.has(one.option) : extra.value.has(one.option);
  const tick = (one: CacheAdvice, isOn: boolean): void => {
    const list = isWorthwhile(one) ? unticked : extra;
    const next = new Set(list.value);
    if (isOn === isWorthwhile(one)) next.delete(one.option);
    else next.add(one.option);
    list.value = next;
  };
  return (
    <section class="caches-advice" aria-labelledby="advice-title">
      <h2 class="section-title" id="advice-title">
        Advice
      </h2>
      <ul class="advice-rows">
        {advised.map((one) => (
          <li key={one.option} class="advice-row">
            <label class="advice-option">
              <input
                type="checkbox"
                checked={isTicked(one)}
                onChange={({ currentTarget }) => {
                  tick(one, currentTarget.checked);
                }}
              />
              <span class="mono">{one.option}</span>
            </label>
            <span class="advice-size">
              {one.bytes === one.now ? (
                <>
                  keep <strong>{size(one.bytes)}</strong>
                </>
              ) : (
                <>
                  {one.now === undefined ? 'no limit' : size(one.now)}{' '}
                  <Icon name="arrow-small-right" /> <strong>{size(one.bytes)}</strong>
                </>
              )}
            </span>
            <span class="advice-memory dim">{memoryText(one)}</span>
            <p class="advice-why">
              {missText(one, document)}
              {one.reason}
            </p>
            <Sizes state={state} document={document} option={one.option} />
          </li>
        ))}
      </ul>
      <OptionLine
        store={store}
        state={state}
        document={document}
        ticked={advised.filter(isTicked)}
      />
      {document.layouts && <LayoutsTable layouts={document.layouts} />}
      <details class="chart-table">
        <summary>
          <Icon name="chevron-right" />
          QEMU’s rules of thumb
        </summary>
        <ul class="rules">
          {document.rulesOfThumb.map(({ option, bytes, rule }) => (
            <li key={option}>
              <span class="mono">{option}</span> {size(bytes)}: {rule}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

/** Whether it is another size than now, and buys anything. */
const isWorthwhile = ({ option, bytes, now, misses, missesNow }: CacheAdvice): boolean =>
  !INSTEAD.has(option) && bytes !== now && misses < missesNow;

function memoryText({ option, bytes, now }: CacheAdvice): string {
  if (option === 'l2-cache-entry-size' || now === undefined || bytes === now) return '';
  return bytes > now ? `+${size(bytes - now)} of memory` : `−${size(now - bytes)} of memory`;
}

/** What it comes to, in a sentence for each size that should be another one. */
export function Verdict({ document }: { readonly document: CachesDocument }): JSX.Element {
  const worthwhile = document.advice.filter((one) => one.purpose === 'enough' && isWorthwhile(one));
  if (worthwhile.length === 0)
    return <p class="caches-verdict">The caches as they are set are enough for this workload.</p>;
  return (
    <>
      {worthwhile.map((one) => (
        <p key={one.option} class="caches-verdict">
          Set <span class="mono">{one.option}</span> to {size(one.bytes)}:{' '}
          {verdictText(one, document)}
        </p>
      ))}
    </>
  );
}

/** `1.2 instead of 43.0 of 100 look-ups miss.` */
function verdictText(one: CacheAdvice, document: CachesDocument): string {
  const name = TRIED[one.option] ?? 'l2';
  const cache = document[name];
  if (typeof cache === 'string') return '';
  const { lookups } = cache.curve;
  const then = ofHundred(one.misses, lookups).replace(' of 100', '');
  return `${then} instead of ${ofHundred(one.missesNow, lookups)} look-ups miss.`;
}

/** `43.0 → 1.2 of 100 miss.` */
function missText({ option, misses, missesNow }: CacheAdvice, document: CachesDocument): string {
  const name = TRIED[option];
  const cache = name && document[name];
  if (!cache || typeof cache === 'string' || misses === missesNow) return '';
  const { lookups } = cache.curve;
  return `${ofHundred(missesNow, lookups).replace(' of 100', '')} → ${ofHundred(misses, lookups)} miss. `;
}

interface SizesProps extends Omit<Props, 'store'> {
  readonly option: Option;
}

/** The sizes that there is advice on: a click tries one. */
function Sizes({ state, document, option }: SizesProps): JSX.Element | null {
  const name = TRIED[option];
  const sizes = document.advice.filter((one) => one.option === option);
  if (name === undefined || sizes.length < 2) return null;
  return (
    <p class="advice-try">
      Try{' '}
      {sizes.map(({ purpose, bytes, now, reason }) => (
        <button
          key={purpose}
          type="button"
          class="pill"
          title={reason}
          aria-pressed={state.trial.value[name] === bytes}
          onClick={() => {
            state.try(name, bytes === now ? undefined : bytes);
          }}
        >
          {PURPOSES[purpose]}: {size(bytes)}
        </button>
      ))}
    </p>
  );
}

interface LineProps extends Props {
  readonly ticked: readonly CacheAdvice[];
}

/** What is ticked as one writes it, to be copied or to be set. */
function OptionLine({ store, state, document, ticked }: LineProps): JSX.Element {
  const form = useSignal<Form>('-blockdev');
  const text = lineOf(form.value, document, ticked);
  return (
    <div class="option-line">
      <span class="segments" role="group" aria-label="How it is written">
        {FORMS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === form.value}
            onClick={() => {
              form.value = each;
            }}
          >
            {each}
          </button>
        ))}
      </span>
      <code class="option-text mono" tabIndex={0}>
        {text === '' ? 'Nothing ticked changes anything: what is set is enough.' : text}
      </code>
      {form.value === 'VS Code' ? (
        <button
          type="button"
          class="button"
          disabled={text === ''}
          title="Writes the ticked sizes to VS Code’s settings, by which this editor simulates"
          onClick={() => {
            writeSettings(store, ticked);
            state.keepSizes();
          }}
        >
          Write settings
        </button>
      ) : (
        <button
          type="button"
          class="button"
          disabled={text === ''}
          onClick={() => {
            store.actions.copy(text);
          }}
        >
          <Icon name="copy" /> Copy
        </button>
      )}
    </div>
  );
}

function lineOf(form: Form, document: CachesDocument, ticked: readonly CacheAdvice[]): string {
  const [below, full] = document.usualEntries;
  const usual = (bytes: number): number => (bytes < document.l2.marks.full ? below : full);
  const both = document.advice.filter(({ option }) => option === 'cache-size');
  const texts = optionTexts(
    [...ticked.filter(({ option }) => option !== 'cache-size'), ...both],
    usual,
  );
  const isQemus = ticked.some(({ option }) => !option.startsWith('overlap'));
  switch (form) {
    case '-blockdev':
      return isQemus ? texts.blockdev : '';
    case '-drive':
      return isQemus ? texts.drive : '';
    case 'libvirt':
      return texts.libvirt;
    case 'VS Code':
      return ticked
        .map(({ option, bytes }) => `"${SETTINGS[option]}": "${formatSize(bytes)}"`)
        .join(', ');
  }
}

const SETTINGS: Record<Option, string> = {
  'l2-cache-size': 'qcow2.l2CacheSize',
  'l2-cache-entry-size': 'qcow2.l2CacheEntrySize',
  'refcount-cache-size': 'qcow2.refcountCacheSize',
  'cache-size': 'qcow2.cacheSize',
  'overlap-structures.bitmap-size': 'qcow2.overlapStructures.bitmapSize',
  'overlap-structures.total-size-limit': 'qcow2.overlapStructures.totalSizeLimit',
};

function writeSettings({ actions }: Store, ticked: readonly CacheAdvice[]): void {
  const bytesOf = (option: Option): string | undefined => {
    const one = ticked.find((each) => each.option === option);
    return one && formatSize(one.bytes);
  };
  const caches = {
    cacheSize: bytesOf('cache-size'),
    l2CacheSize: bytesOf('l2-cache-size'),
    l2CacheEntrySize: bytesOf('l2-cache-entry-size'),
    refcountCacheSize: bytesOf('refcount-cache-size'),
  };
  const overlap = {
    bitmapSize: bytesOf('overlap-structures.bitmap-size'),
    totalSizeLimit: bytesOf('overlap-structures.total-size-limit'),
  };
  const isSet = ([, value]: readonly [string, string | undefined]): boolean => value !== undefined;
  const setCaches = Object.entries(caches).filter(isSet);
  const setOverlap = Object.entries(overlap).filter(isSet);
  if (setCaches.length > 0) actions.setCaches(Object.fromEntries(setCaches));
  if (setOverlap.length > 0) actions.setOverlap(Object.fromEntries(setOverlap));
}
