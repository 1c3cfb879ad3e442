import { RefusalError } from './refusal.js';

/** An option of a command. */
export interface Option {
  /** Names the value that it takes, for the help; without it the option takes none. */
  readonly value?: string;
  readonly help: string;
}

export type OptionTable<N extends string = string> = Readonly<Record<N, Option>>;

/** The words after a command's name, sorted; `N`: the names of its options. */
export class Arguments<N extends string> {
  readonly operands: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(operands: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.operands = operands;
    this.#values = values;
  }

  /** The same options with other operands. */
  ofOperands(operands: readonly string[]): Arguments<N> {
    return new Arguments(operands, this.#values);
  }

  has(name: N): boolean {
    return this.#values.has(name);
  }

  /** The value given last; undefined without one. */
  get(name: N): string | undefined {
    return this.all(name).at(-1);
  }

  /** Every value given, in order. */
  all(name: N): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

/** `--json, --help` */
const optionNames = (options: OptionTable): string =>
  Object.keys(options)
    .map((name) => `--${name}`)
    .join(', ');

/** Sorts the words after `command`; throws RefusalError for what the table does not have. */
export function parseArguments<N extends string>(
  command: string,
  words: readonly string[],
  options: OptionTable<N>,
): Arguments<N> {
  const table = new Map<string, Option>(Object.entries(options));
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  const put = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest);
      break;
    }
    // A dash alone names standard input.
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    const [, name, given] = /^--([^=]*)(?:=([^]*))?$/.exec(word === '-h' ? '--help' : word) ?? [];
    const option = table.get(name ?? '');
    if (!option)
      throw new RefusalError(
        `${command}: unknown option '${name === undefined ? word : `--${name}`}', there are ${optionNames(options)}`,
      );
    if (option.value === undefined) {
      if (given !== undefined) throw new RefusalError(`${command}: --${name} takes no value`);
      put(name, '');
      continue;
    }
    const value = given ?? rest.shift();
    if (value === undefined)
      throw new RefusalError(`${command}: --${name} needs a value: ${option.value}`);
    put(name, value);
  }
  return new Arguments(operands, values);
}
