import type { ByteSource } from '../../../src/core/byteSource.js';
import { type Kind, KINDS } from '../../../src/core/map/kinds.js';
import { guardedTypes } from '../../../src/core/overlap/types.js';
import { isMappable, openImage } from '../../../src/core/qcow2/image.js';
import { allMessages } from '../../../src/core/simulate/copy/laterMessages.js';
import { parseSimulatedOperation } from '../../../src/core/simulate/copy/operation.js';
import type { Ending, Outcome } from '../../../src/core/simulate/copy/outcome.js';
import type { Overlay } from '../../../src/core/simulate/copy/overlay.js';
import { type OpeningNotes, Simulation } from '../../../src/core/simulate/verdict/simulation.js';
import type { SimulationSettings } from '../../../src/core/simulate/driver/settings.js';
import { inflate } from '../../../src/node/compression.js';
import { isAtLeastText } from '../qemuVersion.js';
import { IMAGE_NAME } from '../slot.js';
import { isSnapshotOperation } from './qemuIo.js';
import type { Opening } from './simulationCase.js';

/** What ours says of one operation. */
export interface OurAnswer {
  readonly ending: Ending;
  readonly messages: readonly string[];
  /** Undefined when the line is none that qemu-io would take. */
  readonly outcome: Outcome | undefined;
}

export interface OurRun {
  /** QEMU's text when the image is not opened. */
  readonly refusal: string | undefined;
  /** Undefined for what is refused whatever the image. */
  readonly notes: OpeningNotes | undefined;
  readonly isRepaired: boolean;
  /** One for each operation, and one for closing, unless QEMU ends before. */
  readonly answers: readonly OurAnswer[];
  /** What was said while opening. */
  readonly openMessages: readonly string[];
  /** The file afterwards; undefined when it was never written to. */
  readonly file: Overlay | undefined;
}

/** Runs the operations on a simulated copy, and closes it. */
export function runOurs(
  source: ByteSource,
  opening: Opening,
  operations: readonly string[],
): OurRun {
  const image = openImage(source);
  const settings = settingsOf(opening);
  if (typeof settings === 'string') return refused(settings);
  if (!isMappable(image)) {
    return refused(image.refusal.open ?? 'no refusal');
  }
  const simulation = Simulation.open(image, settings);
  const { opened } = simulation;
  // qemu-img does one thing to an image, and closes it before it says a word about it.
  const isOneAnswer = operations.some(isSnapshotOperation);
  if (!opened.ok) {
    const { notes, overlay } = simulation;
    const openMessages = isOneAnswer ? notes.messages.map(asQemuImg) : notes.messages;
    return { ...refused(opened.message), openMessages, notes, file: overlay };
  }
  const answers: OurAnswer[] = [];
  for (const line of [...operations, 'close']) {
    const answer = runOne(simulation, line);
    answers.push(answer);
    if (line === 'abort' || isOver(answer.ending)) break;
  }
  const { messages } = opened;
  return {
    refusal: undefined,
    notes: simulation.notes,
    isRepaired: opened.repair !== undefined,
    openMessages: isOneAnswer ? [] : messages,
    answers: isOneAnswer ? [ofQemuImg(answers.reduce(joined), messages)] : answers,
    file: simulation.overlay,
  };
}

const refused = (refusal: string): OurRun => ({
  refusal,
  notes: undefined,
  isRepaired: false,
  openMessages: [],
  answers: [],
  file: undefined,
});

/** Nothing comes after it: QEMU died, or nobody knows. */
function isOver({ state }: Ending): boolean {
  return state === 'aborted' || state === 'unpredictable';
}

/** The same in the words of the other program, with what it says while it opens the image. */
function ofQemuImg(answer: OurAnswer, opening: readonly string[]): OurAnswer {
  const messages = [...opening, ...answer.messages];
  return { ...answer, messages: messages.map(asQemuImg) };
}

const asQemuImg = (text: string): string => text.replace(/^qemu-io: /, 'qemu-img: ');

/** An operation and the closing behind it. */
function joined(operation: OurAnswer, closing: OurAnswer): OurAnswer {
  const { outcome } = operation;
  return {
    ending: isOver(closing.ending) ? closing.ending : operation.ending,
    messages: [...operation.messages, ...closing.messages],
    outcome: outcome && {
      ...outcome,
      doubts: [...outcome.doubts, ...(closing.outcome?.doubts ?? [])],
      steps: [...outcome.steps, ...(closing.outcome?.steps ?? [])],
    },
  };
}

function runOne(simulation: Simulation, line: string): OurAnswer {
  const operation = parseSimulatedOperation(line);
  if (!operation.ok) {
    return { ending: { state: 'done' }, messages: [operation.message], outcome: undefined };
  }
  const outcome = simulation.run(operation.value);
  const messages = allMessages(
    outcome,
    (text) => [text],
    ({ text, since }) => (isAtLeastText(since) ? [text.replace("'FILE'", `'${IMAGE_NAME}'`)] : []),
  );
  return { ending: outcome.ending, messages: messages.flat(), outcome };
}

/** A text when QEMU refuses the options whatever the image. */
function settingsOf({ options, cache }: Opening): SimulationSettings | string {
  const given = new Map(options);
  const types: Partial<Record<Kind, boolean>> = {};
  for (const kind of KINDS) {
    const state = given.get(`overlap-check.${kind}`);
    if (state !== undefined) types[kind] = state === 'on';
  }
  const guarded = guardedTypes({ template: given.get('overlap-check.template'), types });
  if (!guarded.ok) return guarded.message;
  const size = (name: string): number | undefined => {
    const text = given.get(name);
    return text === undefined ? undefined : Number(text);
  };
  return {
    guarded: guarded.value,
    engine: { type: 'today' },
    cache,
    discardNoUnref: given.get('discard-no-unref') === 'on',
    surroundings: { allocatedBytes: undefined, inflate },
    sizes: {
      cacheSize: size('cache-size'),
      l2CacheSize: size('l2-cache-size'),
      l2CacheEntrySize: size('l2-cache-entry-size'),
      refcountCacheSize: size('refcount-cache-size'),
    },
  };
}
