import { isRecord } from '../../core/record.js';
import type { ParseResult } from '../../core/size.js';

type Scalar = string | number | boolean | null;

/** The options of a block node by their dotted names, `file.driver` (qdict_flatten). */
export type NodeOptions = ReadonlyMap<string, Scalar>;

const JSON_PROTOCOL = 'json:';

export const isJsonName = (name: string): boolean => name.startsWith(JSON_PROTOCOL);

/** The options of a `json:` name (parse_json_filename). A name in an image has 1023 bytes at most. */
export function jsonNameOptions(name: string): ParseResult<NodeOptions> {
  try {
    const value: unknown = JSON.parse(name.slice(JSON_PROTOCOL.length));
    if (!isRecord(value) || Array.isArray(value))
      return { ok: false, message: 'Invalid JSON object given' };
    return { ok: true, value: new Map(flattened(value, '')) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, message: `Could not parse the JSON options: ${error.message}` };
  }
}

function* flattened(value: object, prefix: string): Generator<[string, Scalar]> {
  for (const [key, of] of Object.entries(value)) {
    const inside: unknown = of;
    const name = prefix + key;
    if (isRecord(inside)) yield* flattened(inside, `${name}.`);
    else if (typeof inside === 'string' || typeof inside === 'number') yield [name, inside];
    else if (typeof inside === 'boolean' || inside === null) yield [name, inside];
  }
}

/** The options of a node below, without its prefix (qdict_extract_subqdict). */
export function optionsBelow(options: NodeOptions, name: string): NodeOptions {
  const prefix = `${name}.`;
  return new Map(
    Array.from(options)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
