import type { JSX } from 'preact';
import type { SubclusterKind } from '../../../src/core/qcow2/subclusters.js';

const TEXT: Readonly<Record<SubclusterKind, string>> = {
  normal: 'data',
  'zero-allocated': 'zeros',
  'zero-plain': 'zeros',
  'unallocated-allocated': 'no data',
  unallocated: 'unallocated',
  compressed: 'compressed',
};

const COLOUR: Readonly<Record<SubclusterKind, string>> = {
  normal: '--guest-normal',
  'zero-allocated': '--guest-zero-allocated',
  'zero-plain': '--guest-zero-plain',
  'unallocated-allocated': '--guest-preallocated',
  unallocated: '--guest-unallocated',
  compressed: '--guest-compressed',
};

/** The 32 parts of a cluster with an extended L2 entry, in a row. */
export function Subclusters({
  subclusters,
}: {
  readonly subclusters: readonly SubclusterKind[];
}): JSX.Element {
  const counts = new Map<SubclusterKind, number>();
  for (const kind of subclusters) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const words = [...counts].map(([kind, n]) => `${String(n)} ${TEXT[kind]}`);
  return (
    <>
      <h3 class="section-title">Subclusters</h3>
      <div class="subclusters" role="img" aria-label={`Subclusters: ${words.join(', ')}`}>
        {subclusters.map((kind, index) => (
          <span
            key={index}
            style={{ background: `var(${COLOUR[kind]})` }}
            title={`${String(index)}: ${TEXT[kind]}`}
          />
        ))}
      </div>
      <p class="dim">{words.join(' · ')}</p>
    </>
  );
}
