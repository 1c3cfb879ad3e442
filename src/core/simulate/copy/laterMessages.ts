import type { LaterMessage, Outcome } from './outcome.js';

/** What QEMU prints, in order, with the lines of newer versions where they come. */
export function allMessages<T>(
  { messages, laterMessages }: Pick<Outcome, 'messages' | 'laterMessages'>,
  always: (text: string) => T,
  later: (message: LaterMessage) => T,
): T[] {
  const at = (place: number): T[] =>
    laterMessages.filter(({ before }) => before === place).map(later);
  return [
    ...messages.flatMap((text, place) => [...at(place), always(text)]),
    ...at(messages.length),
  ];
}

/** The same as lines for a reader who may have either version. */
export const messageLines = (outcome: Pick<Outcome, 'messages' | 'laterMessages'>): string[] =>
  allMessages(
    outcome,
    (text) => text,
    ({ text, since }) => `${text} (since QEMU ${since})`,
  );
