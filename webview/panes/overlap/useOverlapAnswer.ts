import { useEffect, useMemo, useState } from 'preact/hooks';
import { Latest } from '../../state/latest.js';
import type { Store } from '../../state/store.js';
import type { Answer, Query } from '../../../src/protocol/questions.js';

/** What is asked about the structures that are shown. */
type OverlapMethod =
  'overlapTimeline' | 'overlapFilm' | 'overlapWindows' | 'overlapWindow' | 'overlapEvents';

export interface OverlapReply<M extends OverlapMethod> {
  readonly query: Query<M>;
  readonly answer: Answer<M>;
}

/**
 * The answer to a question that changes as the user steps and scrolls: the latest there is, with the
 * question it answers. Undefined until the first one comes.
 */
export function useOverlapAnswer<M extends OverlapMethod>(
  store: Store,
  method: M,
  query: Query<M> | undefined,
): OverlapReply<M> | undefined {
  const [answered, setAnswered] = useState<OverlapReply<M> | undefined>(undefined);
  const latest = useMemo(
    () =>
      new Latest<Query<M>, Answer<M>>(
        (asked) => store.rpc.ask(method, asked),
        (asked, outcome) => {
          if (outcome.ok) setAnswered({ query: asked, answer: outcome.answer });
        },
      ),
    [store, method],
  );
  useEffect(
    () => () => {
      latest.drop();
    },
    [latest],
  );
  const isCurrent = query?.options === store.overlap.options.value;
  useEffect(() => {
    // The worker has the structures of one setting at a time: those that are going are left alone.
    if (query && isCurrent) latest.want(query);
  }, [latest, isCurrent, JSON.stringify(query)]);
  return query && answered;
}
