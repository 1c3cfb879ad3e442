import type { JSX } from 'preact';
import { describeOwner } from '../../src/core/layout/owner.js';
import type { Finding, FindingCode, Severity } from '../../src/core/layout/finding.js';
import type { Store } from '../store.js';
import { clean, count } from '../text.js';
import { Icon } from './icon.js';

export const SEVERITY_ICON: Readonly<Record<Severity, string>> = {
  error: 'circle-slash',
  corruption: 'error',
  leak: 'warning',
  notice: 'info',
};

interface Props {
  readonly finding: Finding;
  readonly store: Store;
}

/** One finding; a click goes to its cluster. */
export function FindingLine({ finding, store }: Props): JSX.Element {
  const { severity, code, cluster, message, owner } = finding;
  const text = clean(message === '' ? codeText(code) : message);
  return (
    <button
      type="button"
      class={`finding ${severity}`}
      data-code={code}
      title={`${severity}: ${text}`}
      onClick={() => {
        store.reveal(cluster);
      }}
    >
      <Icon name={SEVERITY_ICON[severity]} />
      <span class="finding-text">
        <span class="finding-message">{text}</span>
        <span class="dim">
          cluster {count(cluster)}
          {owner && ` · ${clean(describeOwner(owner))}`}
        </span>
      </span>
    </button>
  );
}

/** Where QEMU counts without a word. */
const codeText = (code: FindingCode): string => code.replaceAll('-', ' ');
