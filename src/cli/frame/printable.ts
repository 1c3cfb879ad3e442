import { jsonText } from '../../core/jsonText.js';
import { spellUnseen } from '../../core/text.js';

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

const digits = (code: number, length: number): string => code.toString(16).padStart(length, '0');

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return SHORT.get(character) ?? (code > 0xff ? `\\u${digits(code, 4)}` : `\\x${digits(code, 2)}`);
}

/** What may stand in a text for the terminal: text that is no Printable is escaped. */
type Value = string | number | bigint | boolean | Printable;

/**
 * Text that a terminal may be given. The only way to it goes through the functions here, which
 * escape whatever an image, a file name or another program has said; line breaks and the like can
 * only come from the program's own source. Outputs take nothing else.
 */
export class Printable {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static template(strings: TemplateStringsArray, values: readonly Value[]): Printable {
    let text = strings[0];
    values.forEach((value, index) => {
      text += value instanceof Printable ? value.text : spellUnseen(String(value), escaped);
      text += strings[index + 1];
    });
    return new Printable(text);
  }

  /** A JSON document; what is escaped here reads back as it was. */
  static json(value: unknown, indentation?: number): Printable {
    return new Printable(jsonText(value, indentation));
  }

  /** All lines but the first by so many columns further in. */
  indented(columns: number): Printable {
    return new Printable(this.text.replaceAll('\n', `\n${' '.repeat(columns)}`));
  }

  static join(pieces: readonly Printable[], between = ''): Printable {
    const separator = between === '\n' ? between : spellUnseen(between, escaped);
    return new Printable(pieces.map((piece) => piece.text).join(separator));
  }
}

/** The tag of templates for the terminal: t`image: ${name}\n`. */
export const t = (strings: TemplateStringsArray, ...values: readonly Value[]): Printable =>
  Printable.template(strings, values);

/** Each text a line of its own, whatever is in it. */
export const linesOf = (texts: readonly (string | Printable)[]): Printable =>
  Printable.join(texts.map((text) => t`${text}\n`));
