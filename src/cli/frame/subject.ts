import { isForeign } from '../../core/qcow2/header.js';
import { type Image, isMappable, type MappableImage, openImage } from '../../core/qcow2/image.js';
import { FileError, type FileSource } from '../../node/fileSource.js';
import type { ByteSource } from '../../core/byteSource.js';
import { assumptions } from './assumeHeader.js';
import type { Context } from './command.js';
import type { Arguments } from './options.js';
import type { Output } from './output.js';
import { t } from './printable.js';
import { RefusalError } from './refusal.js';

/** The image file that a command looks at. */
export class Subject {
  readonly filename: string;
  readonly source: FileSource;
  /** The file, or what is assumed of it. */
  readonly bytes: ByteSource;
  #changed: boolean | undefined;

  constructor(filename: string, source: FileSource, bytes: ByteSource = source) {
    this.filename = filename;
    this.source = source;
    this.bytes = bytes;
  }

  /** Another file that belongs to the image has changed. */
  markChanged(): void {
    this.#changed = true;
  }

  /** Whether what was read is there no more; to be asked when all has been read. */
  hasChanged(): boolean {
    return (this.#changed ??= this.source.hasChanged());
  }

  /** For the end of a JSON document. */
  changedJson(): { readonly 'changed-while-read'?: true } {
    return this.hasChanged() ? { 'changed-while-read': true } : {};
  }

  /** Why this is no qcow2 image, and what it is if that is known; undefined when it is one. */
  foreign(): string | undefined {
    if (!isForeign(this.bytes)) return undefined;
    return `'${this.filename}': ${openImage(this.bytes).problems[0].message}`;
  }

  /** Throws RefusalError for an image that nobody can scan. */
  mappable(): MappableImage {
    const image = openImage(this.bytes);
    if (!isMappable(image)) throw new RefusalError(this.refusalOf(image));
    return image;
  }

  /** Why an image without a geometry cannot be used. */
  refusalOf(image: Image): string {
    return `'${this.filename}': ${image.problems[0]?.message ?? 'too many clusters'}`;
  }
}

/** What to say when the file cannot be opened, beside the line on stderr. */
type Unopened = (message: string) => void;

/**
 * Runs a command on the one image that it takes, and says when the file was changed meanwhile: then
 * what was printed is worth nothing, and the exit code is 1.
 */
export function withImage(
  name: string,
  args: Arguments<string>,
  { output, open }: Context,
  run: (subject: Subject) => number,
  unopened?: Unopened,
): number {
  const [filename, ...rest] = args.operands;
  if (filename === undefined || rest.length > 0)
    throw new RefusalError(`${name} takes one image, found ${args.operands.length}`);
  const assume = assumptions(args);
  let source: FileSource;
  try {
    source = open(filename);
  } catch (error) {
    if (error instanceof FileError) unopened?.(error.message);
    throw error;
  }
  let subject = new Subject(filename, source);
  try {
    if (assume) subject = new Subject(filename, source, assume(source));
    const code = run(subject);
    return subject.hasChanged() ? sayChanged(subject, output) : code;
  } catch (error) {
    // Whatever went wrong, this is why.
    if (subject.hasChanged()) sayChanged(subject, output);
    throw error;
  } finally {
    source.close();
  }
}

/** Says that what was printed is worth nothing; the exit code. */
export function sayChanged({ filename }: Subject, output: Output): number {
  output.complain(
    t`qcow2-lens: '${filename}' has changed while it was read: nothing here can be relied on\n`,
  );
  return 1;
}
