import type { JSX } from 'preact';
import type { Kind } from '../../../src/core/map/kinds.js';
import {
  GUARDED_TYPES,
  guardedTypes,
  STRUCTURE_TYPES,
  type TypeSet,
} from '../../../src/core/overlap/types.js';
import { kindVariable } from '../../heatmap/palette.js';
import type { Store } from '../../state/store.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { plural } from '../../text/text.js';
import { Icon } from '../../parts/icon.js';
import type { OverlapOptions } from '../../../src/protocol/shapes.js';

interface Props {
  readonly store: Store;
  readonly options: OverlapOptions;
}

/** `overlap-check.<type>`: which types are guarded, and which of them otherwise than the mode says. */
export function TypeToggles({ store, options }: Props): JSX.Element | null {
  const { overlapCheck, types } = options;
  const byMode = guardedTypes({ mode: overlapCheck });
  const guarded = guardedTypes({ mode: overlapCheck, types });
  if (!byMode.ok || !guarded.ok) return null;
  const own = Object.keys(types).length;
  return (
    <details class="types">
      <summary>
        <Icon name="chevron-right" />
        <span>
          Single types{' '}
          <span class="dim">{own === 0 ? 'as the mode says' : plural(own, 'set')}</span>
        </span>
      </summary>
      <div class="type-toggles" role="group" aria-label="Guarded types">
        {GUARDED_TYPES.map((type, bit) => (
          <Toggle
            key={type}
            type={type}
            isGuarded={has(guarded.value, bit)}
            isOwn={types[type] !== undefined}
            isKnown={has(STRUCTURE_TYPES, bit)}
            onClick={() => {
              const value = !has(guarded.value, bit);
              const others = Object.entries(types).filter(([name]) => name !== type);
              // What the mode says anyway need not be said again.
              const set = value === has(byMode.value, bit) ? [] : [[type, value] as const];
              store.actions.setOverlap({ types: Object.fromEntries([...others, ...set]) });
            }}
          />
        ))}
      </div>
    </details>
  );
}

const has = (set: TypeSet, bit: number): boolean => ((set >>> bit) & 1) !== 0;

interface ToggleProps {
  readonly type: Kind;
  readonly isGuarded: boolean;
  /** Whether it is set by itself, not by the mode. */
  readonly isOwn: boolean;
  /** Whether the structures of 2015 know it. */
  readonly isKnown: boolean;
  readonly onClick: () => void;
}

function Toggle({ type, isGuarded, isOwn, isKnown, onClick }: ToggleProps): JSX.Element {
  const facts = [
    `overlap-check.${type}: ${isGuarded ? 'guarded' : 'not guarded'}`,
    ...(isOwn ? ['set by itself'] : []),
    ...(isKnown ? [] : ['not in the structures: they are older than it']),
  ];
  return (
    <button
      type="button"
      class={isOwn ? 'pill type-toggle own' : 'pill type-toggle'}
      data-type={type}
      aria-pressed={isGuarded}
      aria-label={`${KIND_TEXT[type]}${isKnown ? '' : ', not in the structures'}`}
      title={facts.join('\n')}
      onClick={onClick}
    >
      <span class="swatch" style={{ background: `var(${kindVariable(type)})` }} />
      {KIND_TEXT[type]}
      {!isKnown && <span class="dim"> (not in the structures)</span>}
    </button>
  );
}
