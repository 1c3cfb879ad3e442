import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { clean } from '../../../src/core/text.js';
import type { CachesDocument } from '../../../src/protocol/caches.js';
import { Icon } from '../../parts/icon.js';
import type { Store } from '../../state/store.js';
import { count, plural, size } from '../../text/text.js';
import { AdviceTable, Verdict } from './adviceTable.js';
import { CachesHead } from './cachesHead.js';
import { CACHE_NAMES, cacheIn, CACHES } from './cacheNames.js';
import { type CachesState, cachesOf } from './cachesState.js';
import { topOf } from './chartScale.js';
import { CountsTable } from './countsTable.js';
import { CurveChart, labelRows } from './curveChart.js';
import { TimeChart } from './timeChart.js';
import { workloadFacts, workloadName } from './workloadWords.js';

interface Props {
  readonly store: Store;
}

/** From this width on the three curves stand side by side. */
const SIDE_BY_SIDE = 640;
const GAP = 8;
/** Border and padding of a card, on both sides. */
const CARD = 2 * 9;

/** Which sizes of QEMU's caches a workload needs, by measurement. */
export function CachesPane({ store }: Props): JSX.Element {
  const state = cachesOf(store);
  if (store.scan.value.state !== 'scanned')
    return <p class="hint dim">Workloads can be run when the image has been scanned.</p>;
  const first = state.first.value;
  return (
    <div
      class="caches"
      onDragOver={(event) => {
        if (hasFile(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        const uri = droppedUri(event);
        if (uri === undefined) return;
        event.preventDefault();
        store.actions.loadWorkload({ uri });
      }}
    >
      <CachesHead store={store} state={state} />
      <Trouble state={state} />
      {first ? (
        <Results store={store} state={state} first={first} />
      ) : (
        state.answer.value?.state === 'computing' && (
          <p class="hint dim">The workload is carried out on a copy in memory…</p>
        )
      )}
    </div>
  );
}

/** What VS Code and file managers say of files that are dragged. */
const URI_LIST = 'text/uri-list';

const hasFile = ({ dataTransfer }: DragEvent): boolean =>
  dataTransfer?.types.includes(URI_LIST) === true;

/** The first file; lines with # are remarks. */
const droppedUri = ({ dataTransfer }: DragEvent): string | undefined =>
  dataTransfer
    ?.getData(URI_LIST)
    .split(/\r?\n/)
    .find((line) => line !== '' && !line.startsWith('#'));

/** Why there is nothing to be seen, or less than one would think. */
function Trouble({ state }: { readonly state: CachesState }): JSX.Element {
  const answer = state.answer.value;
  const first = state.first.value;
  const message =
    answer?.state === 'refused' || answer?.state === 'failed' ? answer.message : undefined;
  const notes = [
    ...(first?.stopped === undefined
      ? []
      : [`It stopped after ${plural(first.requests, 'request')}: ${first.stopped}`]),
    ...(first && first.failed > 0
      ? [`${plural(first.failed, 'request')} failed, such as past the end of the disk`]
      : []),
    ...(first?.doubts.map((doubt) => `Perhaps otherwise: ${doubt}`) ?? []),
  ];
  return (
    <>
      {message !== undefined && (
        <p class="callout" role="alert">
          <Icon name="error" />
          <span>{clean(message)}</span>
        </p>
      )}
      {state.isStopped.value && (
        <p class="callout" role="status">
          <Icon name="circle-slash" />
          <span>
            Stopped.{' '}
            <button
              type="button"
              class="link"
              onClick={() => {
                state.isStopped.value = false;
              }}
            >
              Run it again
            </button>
          </span>
        </p>
      )}
      {notes.map((note) => (
        <p key={note} class="callout">
          <Icon name="warning" />
          <span>{clean(note)}</span>
        </p>
      ))}
    </>
  );
}

interface ResultsProps extends Props {
  readonly state: CachesState;
  readonly first: CachesDocument;
}

function Results({ store, state, first }: ResultsProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  useLayoutEffect(() => {
    const { current } = frame;
    if (!current) return undefined;
    const measure = (): void => {
      width.value = Math.floor(current.clientWidth);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, []);
  const other = state.other.value;
  const second = state.second.value;
  const documents = second && other ? [first, second] : [first];
  const top = topOf(
    documents.flatMap((document) =>
      CACHE_NAMES.flatMap((name) => {
        const cache = cacheIn(document, name);
        return cache ? [cache.curve] : [];
      }),
    ),
  );
  const columns = width.value >= SIDE_BY_SIDE ? 3 : 1;
  const card = Math.floor((width.value - (columns - 1) * GAP) / columns) - CARD;
  const beside = other && second;
  const rows = CACHE_NAMES.map((name) => labelRows(first, beside, name, card));
  const names = {
    first: other ? workloadName(state.workload.value) : 'as set',
    second: other ? workloadName(other) : triedText(state),
  };
  return (
    <div class="caches-results" ref={frame}>
      {width.value > 0 && (
        <>
          <Verdict document={first} />
          <div class="curves" style={{ '--columns': columns }}>
            {CACHE_NAMES.map((name, index) => (
              <CurveChart
                key={name}
                state={state}
                name={name}
                document={first}
                other={beside}
                rows={columns === 1 ? rows[index] : Math.max(...rows)}
                top={top}
                width={card}
              />
            ))}
          </div>
          {(second ?? other) && (
            <p class="caches-second">
              {other ? (
                <>
                  <span class="line-key dashed other" /> {names.second}
                  {second && `: ${workloadFacts(second)}`}
                </>
              ) : (
                <>
                  Tried: {names.second}, not set.{' '}
                  <button
                    type="button"
                    class="link"
                    onClick={() => {
                      setTried(store, state);
                    }}
                  >
                    Write to VS Code’s settings
                  </button>
                  {' · '}
                  <button
                    type="button"
                    class="link"
                    onClick={() => {
                      state.keepSizes();
                    }}
                  >
                    Back to what is set
                  </button>
                </>
              )}
            </p>
          )}
          <TimeChart
            first={first}
            second={second}
            secondName={names.second}
            width={width.value - CARD}
          />
          <AdviceTable store={store} state={state} document={first} />
          <CountsTable first={first} second={second} names={names} />
          <p class="dim caches-foot">
            {count(first.l2.tables)} L2 tables, {count(first.refcount.tables)} refcount blocks
            {typeof first.windows !== 'string' && `, ${count(first.windows.tables)} windows`} looked
            up. The layers Heat and Window heat of the map show which.
          </p>
        </>
      )}
    </div>
  );
}

/** `L2 tables at 46 MiB` */
const triedText = (state: CachesState): string =>
  CACHE_NAMES.flatMap((name) => {
    const bytes = state.trial.value[name];
    return bytes === undefined ? [] : [`${CACHES[name].title} at ${size(bytes)}`];
  }).join(', ');

function setTried(store: Store, state: CachesState): void {
  const trial = state.trial.value;
  const settings = state.settingsOf(trial);
  if (!settings) return;
  if (trial.l2 !== undefined || trial.refcount !== undefined)
    store.actions.setCaches(settings.caches);
  if (trial.windows !== undefined)
    store.actions.setOverlap({ bitmapSize: settings.overlap.bitmapSize });
  state.keepSizes();
}
