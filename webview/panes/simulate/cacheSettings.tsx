import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import {
  CACHE_OPTION_NAMES,
  type CacheOptions,
  parseCacheOptions,
} from '../../../src/core/simulate/copy/cacheOptions.js';
import { cacheCoverage, type CacheCoverage } from '../../../src/core/simulate/copy/cacheSlots.js';
import type { ParseResult } from '../../../src/core/size.js';
import { clean } from '../../../src/core/text.js';
import { Icon } from '../../parts/icon.js';
import type { Store } from '../../state/store.js';
import { size } from '../../text/text.js';

interface Props {
  readonly store: Store;
}

const UNSET: CacheOptions = {
  cacheSize: '',
  l2CacheSize: '',
  l2CacheEntrySize: '',
  refcountCacheSize: '',
};

const ORDER = ['l2CacheSize', 'l2CacheEntrySize', 'refcountCacheSize', 'cacheSize'] as const;

/** Bytes of an L2 entry, and of an extended one. */
const L2_ENTRY = { usual: 8, extended: 16 };

/** The sizes of QEMU's metadata caches, what they cover, and what QEMU would take by itself. */
export function CacheSettings({ store }: Props): JSX.Element | null {
  const options = store.simulation.caches.value;
  if (!options) return null;
  const usual = coverageOf(store, UNSET);
  const made = coverageOf(store, options);
  if (!usual?.ok || !made) return null;
  const now = made.ok ? made.value : usual.value;
  const told: Readonly<Record<keyof CacheOptions, string>> = {
    l2CacheSize: coverageText(now.l2, 'the disk'),
    l2CacheEntrySize: `${size(now.sliceBytes)} are read at a time`,
    refcountCacheSize: coverageText(now.refcount, 'the file'),
    cacheSize: `both together: ${size(now.l2.bytes + now.refcount.bytes)}`,
  };
  const byItself: Readonly<Record<keyof CacheOptions, string>> = {
    l2CacheSize: coverageText(usual.value.l2, 'the disk'),
    l2CacheEntrySize: size(usual.value.sliceBytes),
    refcountCacheSize: coverageText(usual.value.refcount, 'the file'),
    cacheSize: 'not set',
  };
  const isOwn = ORDER.some((key) => options[key] !== '');
  return (
    <details class="cache-settings" open={isOwn}>
      <summary>
        <Icon name="chevron-right" />
        <span>
          Cache sizes{' '}
          <span class="dim">
            {made.ok
              ? `L2: ${told.l2CacheSize}${isOwn ? '' : ', as QEMU does by itself'}`
              : 'QEMU refuses them'}
          </span>
        </span>
      </summary>
      {!made.ok && (
        <p class="field-error" id="caches-error">
          {clean(made.message)}
        </p>
      )}
      <div class="overlap-settings">
        {ORDER.map((key) => (
          <Field
            key={key}
            store={store}
            option={key}
            value={options[key]}
            told={made.ok ? told[key] : ''}
            byItself={byItself[key]}
            isRefused={!made.ok && options[key] !== ''}
          />
        ))}
      </div>
    </details>
  );
}

interface FieldProps extends Props {
  readonly option: keyof CacheOptions;
  readonly value: string;
  /** What comes of the sizes as they are. */
  readonly told: string;
  /** What QEMU takes where none is set. */
  readonly byItself: string;
  readonly isRefused: boolean;
}

/** A size in QEMU's spelling: taken on Enter and when the field is left, given up on Escape. */
function Field({ store, option, value, told, byItself, isRefused }: FieldProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current) input.current.value = value;
  }, [value]);
  const commit = (element: HTMLInputElement): void => {
    const written = element.value.trim();
    if (written !== value) store.actions.setCaches({ [option]: written });
  };
  return (
    <>
      <label class="field-name" for={option}>
        {CACHE_OPTION_NAMES[option]}
      </label>
      <div class="field">
        <input
          ref={input}
          id={option}
          class="input mono"
          type="text"
          maxLength={40}
          spellcheck={false}
          autocomplete="off"
          placeholder="QEMU's own"
          aria-invalid={isRefused}
          aria-describedby={isRefused ? 'caches-error' : `${option}-told`}
          onBlur={({ currentTarget }) => {
            commit(currentTarget);
          }}
          onKeyDown={({ key, currentTarget }) => {
            if (key === 'Enter') commit(currentTarget);
            if (key === 'Escape') currentTarget.value = value;
          }}
        />
        <span class="dim cache-told" id={`${option}-told`}>
          {told}
          {value !== '' && ` · QEMU by itself: ${byItself}`}
        </span>
      </div>
    </>
  );
}

/** "1 MiB covers 8 of 20 GiB" */
function coverageText({ bytes, covered, of }: CacheCoverage, what: string): string {
  return covered >= of
    ? `${size(bytes)} covers all of ${what}, ${size(of)}`
    : `${size(bytes)} covers ${size(covered)} of ${what}, ${size(of)}`;
}

function coverageOf(
  store: Store,
  options: CacheOptions,
):
  | ParseResult<{
      readonly l2: CacheCoverage;
      readonly sliceBytes: number;
      readonly refcount: CacheCoverage;
    }>
  | undefined {
  const geometry = store.geometry.value;
  if (!geometry) return undefined;
  const sizes = parseCacheOptions(options);
  if (!sizes.ok) return sizes;
  const image = {
    clusterSize: store.clusterSize,
    l2EntrySize: geometry.extendedL2 ? L2_ENTRY.extended : L2_ENTRY.usual,
    diskSize: geometry.virtualSize,
    refcountBits: geometry.refcountBits,
    fileSize: store.facts.value?.fileSize ?? 0,
  };
  return cacheCoverage(image, sizes.value);
}
