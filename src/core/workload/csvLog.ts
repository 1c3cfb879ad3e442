import { Fields } from './fields.js';
import { kindOfWord } from './kindWord.js';
import type { LineFormat } from './lineReader.js';
import { KIND, type RequestSink } from './request.js';
import { Volumes } from './volumes.js';

export const SEPARATORS = { comma: 44, semicolon: 59, tab: 9, blank: 32 } as const;

export type Separator = keyof typeof SEPARATORS;

/** What is in which column of a table of requests. Columns count from 0, units are bytes. */
export interface CsvLayout {
  readonly separator: Separator;
  readonly offset: number;
  readonly length: number;
  /** Undefined: all are reads. */
  readonly operation: number | undefined;
  /** Undefined: there is one. */
  readonly volume: number | undefined;
  readonly offsetUnit: number;
  readonly lengthUnit: number;
  /** What 0 stands for, where 0 and 1 say what is done. */
  readonly zero: 'read' | 'write';
}

const ZERO = 48;
const ONE = 49;

/** A table of requests, a line each. Its first line may name the columns. */
export class CsvLog implements LineFormat {
  readonly volumes: Volumes;
  readonly #fields = new Fields();
  readonly #layout: CsvLayout;
  #isFirst = true;

  constructor(layout: CsvLayout, volume: string | undefined) {
    this.volumes = new Volumes(volume);
    this.#layout = layout;
  }

  line(bytes: Uint8Array, start: number, end: number, sink: RequestSink): boolean {
    const fields = this.#fields;
    const layout = this.#layout;
    if (layout.separator === 'blank') fields.splitAtBlanks(bytes, start, end);
    else fields.splitAt(SEPARATORS[layout.separator], bytes, start, end);
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (fields.count === 0 || (fields.count === 1 && fields.first(0) === 0)) return true;
    const offset = fields.decimal(layout.offset) * layout.offsetUnit;
    const length = fields.decimal(layout.length) * layout.lengthUnit;
    if (!(offset <= Number.MAX_SAFE_INTEGER && length <= Number.MAX_SAFE_INTEGER)) return isFirst;
    const kind = this.#kind(fields);
    // Some traces leave the operation out where it was not known.
    if (kind === undefined) return true;
    if (kind < 0) return false;
    if (layout.volume !== undefined && !this.volumes.takes(fields, layout.volume)) return true;
    sink.add(kind, offset, length);
    return true;
  }

  /** Undefined for an empty field. */
  #kind(fields: Fields): number | undefined {
    const { operation, zero } = this.#layout;
    if (operation === undefined) return KIND.read;
    const first = fields.first(operation);
    if (first === 0) return undefined;
    if (first !== ZERO && first !== ONE) return kindOfWord(fields, operation);
    return (first === ZERO) === (zero === 'read') ? KIND.read : KIND.write;
  }
}
