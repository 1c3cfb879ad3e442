import { BIT, GUARDED, type Kind } from '../map/kinds.js';
import type { ParseResult } from '../size.js';

/**
 * The types that the overlap checks guard, as a set of bits: those of core/map/kinds.ts. The
 * ninth, the bitmap directory, came with QEMU 3.0.
 */
export type TypeSet = number;

/** The types that the structures of 2015 know: they keep one byte for each cluster. */
export const STRUCTURE_TYPES: TypeSet = 0xff;

/** `overlap-check.<type>`, by bit. */
export const GUARDED_TYPES: readonly Kind[] = GUARDED;

/** Whether there is an `overlap-check.<type>` of that name. */
export const isGuardedType = (name: string): boolean => GUARDED_TYPES.some((type) => type === name);

/** What QEMU calls each type in its messages, by bit. */
const NAMES: readonly string[] = [
  'qcow2_header',
  'active L1 table',
  'active L2 table',
  'refcount table',
  'refcount block',
  'snapshot table',
  'inactive L1 table',
  'inactive L2 table',
  'bitmap directory',
];

const CONSTANT =
  BIT.mainHeader | BIT.activeL1 | BIT.refcountTable | BIT.snapshotTable | BIT.bitmapDirectory;
const CACHED = CONSTANT | BIT.activeL2 | BIT.refcountBlock | BIT.inactiveL1;

/** The words that `overlap-check` takes, and what each guards. */
export const TEMPLATES = {
  none: 0,
  constant: CONSTANT,
  cached: CACHED,
  all: CACHED | BIT.inactiveL2,
} as const satisfies Record<string, TypeSet>;

export type Template = keyof typeof TEMPLATES;

/** `overlap-check`, `overlap-check.template` and `overlap-check.<type>` as a user set them. */
export interface GuardOptions {
  readonly mode?: string | undefined;
  readonly template?: string | undefined;
  readonly types?: Readonly<Partial<Record<Kind, boolean>>>;
}

/** The guarded types, or QEMU's text for refusing the options (qcow2_update_options_prepare). */
export function guardedTypes(options: GuardOptions): ParseResult<TypeSet> {
  const { mode, template, types = {} } = options;
  if (mode !== undefined && template !== undefined && mode !== template)
    return {
      ok: false,
      message: `Conflicting values for qcow2 options 'overlap-check' ('${mode}') and 'overlap-check.template' ('${template}')`,
    };
  const word = mode ?? template ?? 'cached';
  if (!isTemplate(word))
    return {
      ok: false,
      message:
        `Unsupported value '${word}' for qcow2 option 'overlap-check'. Allowed are any of the ` +
        `following: ${Object.keys(TEMPLATES).join(', ')}`,
    };
  let set: TypeSet = TEMPLATES[word];
  GUARDED_TYPES.forEach((type, bit) => {
    const guarded = types[type];
    if (guarded !== undefined) set = guarded ? set | (1 << bit) : set & ~(1 << bit);
  });
  return { ok: true, value: set };
}

function isTemplate(word: string): word is Template {
  return Object.hasOwn(TEMPLATES, word);
}

/** A set as `overlap-check.<type>` names, in bit order. */
export function typeNames(set: TypeSet): Kind[] {
  return GUARDED_TYPES.filter((_, bit) => (set >>> bit) & 1);
}

/** Lowest type of a set that is not empty: the one under which a conflict is reported. */
export const lowestType = (set: TypeSet): TypeSet => set & -set;

/** What QEMU calls one type. */
function messageName(type: TypeSet): string {
  return NAMES[31 - Math.clz32(type)];
}

/** QEMU's message when a write would hit a type. */
export function overlapMessage(type: TypeSet): string {
  return `Preventing invalid write on metadata (overlaps with ${messageName(type)})`;
}
