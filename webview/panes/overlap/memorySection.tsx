import type { JSX } from 'preact';
import type { MemoryUse } from '../../../src/core/overlap/memory.js';
import { NO_LIMIT } from '../../../src/core/overlap/settings.js';
import { count, plural, size } from '../../text/text.js';

const PARTS = [
  { part: 'list', text: 'list' },
  { part: 'windows', text: 'windows array' },
  { part: 'slots', text: 'slots' },
  { part: 'bitmaps', text: 'bitmaps' },
  { part: 'fragments', text: 'fragments' },
] as const;

/** A limit further away than this many times what is taken would leave the bars too short to read. */
const FARTHEST_LIMIT = 3;

/** What the structures take: part by part, as it is held and as it is accounted for. */
export function MemorySection({ memory }: { readonly memory: MemoryUse }): JSX.Element {
  const { held, accounted, limit } = memory;
  const most = Math.max(held, accounted, 1);
  const isNear = limit <= FARTHEST_LIMIT * most;
  const scale = isNear ? Math.max(most, limit) * 1.02 : most;
  const width = (bytes: number): string => `${(100 * bytes) / scale}%`;
  return (
    <section aria-label="Memory">
      <h2 class="section-title">
        Memory
        <span class="figure">
          {size(accounted)}
          {limit < NO_LIMIT ? ` of ${size(limit)}` : ', no limit'}
        </span>
      </h2>
      <div class="memory-bars" role="img" aria-label={spoken(memory)}>
        <div class="memory-bar held" title={`held: ${plural(held, 'byte')}`}>
          {PARTS.map(({ part, text }) => (
            <span
              key={part}
              data-part={part}
              style={{ width: width(memory[part]) }}
              title={`${text}: ${plural(memory[part], 'byte')}`}
            />
          ))}
        </div>
        <div class="memory-bar accounted" title={`accounted: ${plural(accounted, 'byte')}`}>
          <span style={{ width: width(accounted) }} />
        </div>
        {isNear && <div class="memory-limit" style={{ left: width(limit) }} />}
      </div>
      <dl class="memory-figures">
        {PARTS.map(({ part, text }) => (
          <div key={part}>
            <dt>
              <span class="swatch" data-part={part} />
              {text}
            </dt>
            <dd data-memory={part}>{count(memory[part])}</dd>
          </div>
        ))}
        <div class="total">
          <dt>held</dt>
          <dd data-memory="held">{count(held)}</dd>
        </div>
        <div class="total">
          <dt>accounted</dt>
          <dd data-memory="accounted">{count(accounted)}</dd>
        </div>
        {limit < NO_LIMIT && (
          <div class="total">
            <dt>
              <span class="swatch" data-part="limit" />
              limit
            </dt>
            <dd>{count(limit)}</dd>
          </div>
        )}
      </dl>
      <Slips memory={memory} />
    </section>
  );
}

/** Where the books are wrong, and why: a finding about the series itself. */
function Slips({ memory }: { readonly memory: MemoryUse }): JSX.Element | null {
  const { held, accounted, shrinkSlip, dropSlip } = memory;
  if (held === accounted) return null;
  const reasons = [
    ...(shrinkSlip > 0
      ? [
          `${plural(shrinkSlip, 'byte')} from fragment lists that were cut down, of which it gives ` +
            'back the number of fragments and not their bytes',
        ]
      : []),
    ...(dropSlip > 0
      ? [`${plural(dropSlip, 'byte')} of lists that were dropped for want of memory`]
      : []),
  ];
  return (
    <p class="note">
      A finding: the series accounts for {plural(accounted - held, 'byte')} that are not held,{' '}
      {reasons.join(', and ')}. They count against the limit for good.
    </p>
  );
}

function spoken(memory: MemoryUse): string {
  const parts = PARTS.map(({ part, text }) => `${text} ${count(memory[part])}`).join(', ');
  return `Bytes: ${parts}; held ${count(memory.held)}, accounted ${count(memory.accounted)}`;
}
