import type { JSX } from 'preact';
import { disagreementText } from '../../../src/core/simulate/verdict/disagreementText.js';
import { describeOwner, kindOfOwner, type Owner } from '../../../src/core/map/owner.js';
import type { LossSummary, LostPlace } from '../../../src/core/simulate/verdict/verdict.js';
import type {
  ClusterOwners,
  VerdictAnswer,
  VerdictCell,
  VerdictRow,
} from '../../../src/protocol/simulation.js';
import type { VerdictPlace } from '../../state/simulationState.js';
import { type Gravity, reasonLabel, verdictLook, verdictMessage } from './simulationText.js';
import type { Store } from '../../state/store.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { count, size } from '../../text/text.js';
import { Icon } from '../../parts/icon.js';
import { OffsetLink } from '../../parts/offsetLink.js';
import { VerdictBadge } from './verdictBadge.js';
import type { EngineName } from '../../../src/protocol/shapes.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';
import { hostOffset } from '../../../src/core/units.js';

interface Props {
  readonly store: Store;
}

const ENGINES: readonly { readonly engine: EngineName; readonly text: string }[] = [
  { engine: 'today', text: 'QEMU today' },
  { engine: 'structures', text: 'Overlap structures' },
];

/** What every check says of the operation that is shown, and why they do not agree. */
export function VerdictTable({ store }: Props): JSX.Element | null {
  const { simulation } = store;
  const verdict = simulation.verdict.value;
  const shown = simulation.chosenOperation.value;
  if (shown === undefined) return null;
  const isBusy = simulation.isJudging.value;
  return (
    <section aria-labelledby="verdict-title" aria-busy={isBusy}>
      <div class="section-head">
        <h2 class="section-title" id="verdict-title">
          Verdict on operation {count(shown + 1)}
        </h2>
      </div>
      {isBusy && (
        <p class="judging dim" role="status">
          Simulating…
        </p>
      )}
      {verdict && <Known verdict={verdict} store={store} />}
    </section>
  );
}

function Known({ verdict, store }: Props & { readonly verdict: VerdictAnswer }): JSX.Element {
  switch (verdict.state) {
    case 'refused':
      return <p class="complaint mono">{clean(verdict.message)}</p>;
    case 'computing':
    case 'known':
      return <Table rows={verdict.rows} owners={verdict.owners} store={store} />;
  }
}

interface TableProps extends Props {
  readonly rows: readonly VerdictRow[];
  readonly owners: readonly ClusterOwners[] | undefined;
}

function Table({ rows, owners, store }: TableProps): JSX.Element {
  const { simulation } = store;
  const yours = rows.findIndex((row) => row.yours);
  const chosen: VerdictPlace = simulation.cell.value ?? {
    row: Math.max(0, yours),
    engine: simulation.engine.value,
  };
  const cell = rows[Math.min(chosen.row, rows.length - 1)].cells[chosen.engine];
  return (
    <>
      <table class="verdicts">
        <thead>
          <tr>
            <th scope="col">check</th>
            {ENGINES.map(({ engine, text }) => (
              <th key={engine} scope="col">
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((each, index) => (
            <tr key={index} class={each.yours ? 'yours' : undefined}>
              <th scope="row">
                {each.template ?? 'your types'}
                {each.yours && each.template !== undefined && <span class="dim"> (yours)</span>}
              </th>
              {ENGINES.map(({ engine }) => (
                <td key={engine}>
                  <Cell
                    row={each}
                    engine={engine}
                    isChosen={index === chosen.row && engine === chosen.engine}
                    onClick={() => {
                      simulation.cell.value = { row: index, engine };
                    }}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {cell && <Words cell={cell} owners={owners} store={store} />}
      <Reasons rows={rows} store={store} />
      <Doubts store={store} />
    </>
  );
}

interface CellProps {
  readonly row: VerdictRow;
  readonly engine: EngineName;
  readonly isChosen: boolean;
  readonly onClick: () => void;
}

function Cell({ row, engine, isChosen, onClick }: CellProps): JSX.Element {
  const { disagreement } = row;
  const cell = row.cells[engine];
  const isOdd = engine === 'structures' && disagreement !== undefined;
  return (
    <button type="button" class="verdict-cell" aria-pressed={isChosen} onClick={onClick}>
      {cell ? <VerdictBadge look={verdictLook(cell)} /> : <span class="dim">…</span>}
      {isOdd && (
        <span class="reason-label">
          <Icon name="warning" />
          {reasonLabel(disagreement)}
        </span>
      )}
    </button>
  );
}

/** What QEMU says in the chosen cell, and what is lost without a word. */
function Words({
  cell,
  ...rest
}: Props & { readonly cell: VerdictCell; readonly owners: TableProps['owners'] }): JSX.Element {
  const message = verdictMessage(cell);
  const { destroyed, overwritten } = cell;
  return (
    <div class="verdict-words" aria-live="polite">
      {message !== undefined && <p class="mono">{message}</p>}
      {destroyed && (
        <Losses title="Metadata destroyed without a word:" look="bad" lost={destroyed} {...rest} />
      )}
      {overwritten && (
        <Losses title="Data overwritten without a word:" look="loss" lost={overwritten} {...rest} />
      )}
    </div>
  );
}

interface LossesProps extends Props {
  readonly title: string;
  readonly look: Gravity;
  readonly lost: LossSummary;
  readonly owners: TableProps['owners'];
}

function Losses({ title, look, lost, owners, store }: LossesProps): JSX.Element {
  const { places, total } = lost;
  return (
    <>
      <p class="losses-title">{title}</p>
      <ul class={`losses ${look}`}>
        {places.map((place, index) => (
          <Place key={index} place={place} owners={owners} store={store} />
        ))}
      </ul>
      {total > places.length && <p class="dim">and {count(total - places.length)} more.</p>}
    </>
  );
}

interface PlaceProps extends Props {
  readonly place: LostPlace;
  readonly owners: TableProps['owners'];
}

function Place({ place, owners, store }: PlaceProps): JSX.Element {
  const { clusterSize } = store;
  const first = Math.floor(place.offset / clusterSize);
  const end = Math.ceil((place.offset + place.size) / clusterSize);
  const victims = owners
    ?.filter(({ cluster }) => cluster >= first && cluster < end)
    .flatMap(({ owners: all }) => all.filter((owner) => place.kinds.includes(kindOfOwner(owner))));
  const kinds = place.kinds.map((kind) => KIND_TEXT[kind]).join(', ');
  const told = victims
    ?.map((owner) => ({ owner, text: victimText(owner) }))
    // That it is the active L1 table has been said.
    .filter(({ text }) => text !== kinds && text !== `${kinds} table`);
  return (
    <li>
      <p>
        {kinds} <OffsetLink store={store} offset={place.offset} />{' '}
        <span class="dim">
          by {place.what}, {size(place.size)}
        </span>
      </p>
      {told?.map(({ owner, text }, index) => (
        <p key={index} class="dim">
          {clean(text)}
          {'entryOffset' in owner && (
            <>
              , entry <OffsetLink store={store} offset={owner.entryOffset} />
            </>
          )}
        </p>
      ))}
      {victims?.length === 0 && <p class="dim">made by an operation of this list</p>}
    </li>
  );
}

/** Whose it was: data are told by their place on the guest's disk. */
function victimText(owner: Owner): string {
  if (owner.type !== 'l2-entry') return describeOwner(owner);
  const of = owner.snapshot ? `snapshot '${owner.snapshot.name}'` : 'the active disk';
  return owner.kind === 'vm-state'
    ? `VM state of ${of}`
    : `guest ${hex(owner.guestOffset)} of ${of}`;
}

/** Why the engines part: each reason once. */
function Reasons({ rows, store }: Props & Pick<TableProps, 'rows'>): JSX.Element | null {
  const { chosenOperation } = store.simulation;
  const reasons = new Map<string, number>();
  for (const { disagreement } of rows) {
    if (!disagreement) continue;
    const { operation, offset } = disagreement;
    const text = disagreementText(disagreement, (kind) => KIND_TEXT[kind]);
    reasons.set(
      operation === chosenOperation.value ? text : `Operation ${operation + 1}: ${text}`,
      offset,
    );
  }
  if (reasons.size === 0) return null;
  return (
    <div class="reasons">
      <h3>Why the two do not agree</h3>
      <ul>
        {Array.from(reasons, ([text, offset]) => (
          <li key={text}>
            {text} <OffsetLink store={store} offset={hostOffset(offset)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Why another run of QEMU might do it in another way. */
function Doubts({ store }: Props): JSX.Element | null {
  const { chosenOperation, outcomes } = store.simulation;
  const doubts = outcomes.value.at(chosenOperation.value ?? -1)?.doubts ?? [];
  if (doubts.length === 0) return null;
  return (
    <div class="reasons">
      <h3>QEMU may also do otherwise</h3>
      <ul>
        {doubts.map((doubt) => (
          <li key={doubt}>{clean(doubt)}</li>
        ))}
      </ul>
    </div>
  );
}
