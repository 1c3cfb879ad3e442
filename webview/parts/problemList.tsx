import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import { clean } from '../../src/core/text.js';
import { hex } from '../../src/core/bytes.js';
import type { Problem } from '../../src/core/qcow2/problem.js';

interface Props {
  readonly problems: readonly Problem[];
  readonly store: Store;
}

/** What is wrong with which field, where, and what QEMU says to it. */
export const ProblemList = ({ problems, store }: Props): JSX.Element => (
  <ol class="problems">
    {problems.map((problem, index) => (
      <li key={index}>
        <p>{clean(problem.message)}</p>
        <p class="dim">
          <code>{clean(problem.field)}</code> at{' '}
          <button
            type="button"
            class="link mono"
            title="Open here in the hex editor"
            onClick={() => {
              store.actions.openHex(problem.offset);
            }}
          >
            {hex(problem.offset)}
          </button>
        </p>
        {problem.refusal !== undefined && (
          <p class="dim">
            QEMU refuses it: <code>{clean(problem.refusal)}</code>
          </p>
        )}
      </li>
    ))}
  </ol>
);
