import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Cause } from '../../../src/core/check/causes/cause.js';
import { clean } from '../../../src/core/text.js';
import { count } from '../../text/text.js';

/** Lines shown before the user asks for more. */
const FEW = 3;

/** What QEMU says of it: whole lines, after ours. */
export function QemuLines({ cause }: { readonly cause: Cause }): JSX.Element | null {
  const { qemuLines, qemuLineCount } = cause;
  const showsAll = useSignal(false);
  if (qemuLines.length === 0) return null;
  const shown = showsAll.value ? qemuLines : qemuLines.slice(0, FEW);
  const folded = qemuLines.length - shown.length;
  const elsewhere = qemuLineCount - qemuLines.length;
  return (
    <div class="qemu-lines">
      <ul aria-label="QEMU says">
        {shown.map((line, index) => (
          <li key={index}>{clean(line)}</li>
        ))}
      </ul>
      {folded > 0 && (
        <button
          type="button"
          class="link"
          onClick={() => {
            showsAll.value = true;
          }}
        >
          {count(folded)} more of QEMU's lines
        </button>
      )}
      {folded === 0 && elsewhere > 0 && <p>and {count(elsewhere)} more, which Findings lists</p>}
    </div>
  );
}
