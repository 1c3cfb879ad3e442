import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { FindingCode, Severity } from '../../../src/core/check/finding.js';
import { ALL, type Filter } from '../../state/findingFilter.js';
import { explanationOf } from '../../state/scan.js';
import type { Store } from '../../state/store.js';
import { count } from '../../text/text.js';

const SEVERITIES: readonly { readonly severity: Severity | undefined; readonly text: string }[] = [
  { severity: undefined, text: 'All' },
  { severity: 'error', text: 'Errors' },
  { severity: 'corruption', text: 'Corruptions' },
  { severity: 'leak', text: 'Leaks' },
  { severity: 'notice', text: 'Notices' },
];

/** Kinds shown before the user asks for all. */
const FEW = 5;

interface Props {
  readonly store: Store;
  readonly filter: Filter;
  readonly onChoose: (filter: Filter) => void;
}

/** The severities in a row, and below them the kinds that the image has, with their counts. */
export function FindingFilters({ store, filter, onChoose }: Props): JSX.Element {
  const kinds = countsByKind(store);
  const showsAll = useSignal(false);
  const shown = showsAll.value || kinds.length <= FEW + 1 ? kinds : kinds.slice(0, FEW);
  return (
    <>
      <div class="segments filters" role="group" aria-label="Severity">
        {SEVERITIES.map(({ severity, text }) => (
          <button
            key={text}
            type="button"
            aria-pressed={filter.code === undefined && filter.severity === severity}
            title={text}
            onClick={() => {
              onChoose({ severity, code: undefined });
            }}
          >
            {text}
          </button>
        ))}
      </div>
      {kinds.length > 0 && (
        <div class="kind-filters" role="group" aria-label="Kinds of findings">
          {shown.map(([code, findings]) => {
            const isChosen = filter.code === code;
            return (
              <button
                key={code}
                type="button"
                class="pill kind-filter"
                aria-pressed={isChosen}
                title={explanationOf(store.scan.value, code)?.title}
                onClick={() => {
                  onChoose(isChosen ? ALL : { severity: undefined, code });
                }}
              >
                {kindText(code)} <span class="count">{count(findings)}</span>
              </button>
            );
          })}
          {kinds.length > FEW + 1 && (
            <button
              type="button"
              class="pill kind-filter more"
              aria-expanded={showsAll.value}
              onClick={() => {
                showsAll.value = !showsAll.value;
              }}
            >
              {showsAll.value ? 'Fewer' : `${count(kinds.length - FEW)} more`}
            </button>
          )}
        </div>
      )}
    </>
  );
}

/** `l2-reserved-bits` as "L2 reserved bits" */
const kindText = (code: FindingCode): string =>
  code.replaceAll('-', ' ').replace(/\bl([12])\b/g, 'L$1');

/** The kinds that there are, the most frequent first. */
function countsByKind(store: Store): [FindingCode, number][] {
  const scan = store.scan.value;
  if (scan.state !== 'scanned') return [];
  const { findingsByCode } = scan.summary;
  const isCode = (code: string): code is FindingCode => Object.hasOwn(findingsByCode, code);
  return Object.entries(findingsByCode)
    .filter((entry): entry is [FindingCode, number] => isCode(entry[0]) && entry[1] > 0)
    .sort(([, a], [, b]) => b - a);
}
