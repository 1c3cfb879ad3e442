import type { JSX } from 'preact';
import { type DamagedDisk, guestDamage } from '../../../src/core/check/causes/guestDamage.js';
import type { RepairVerdictKind } from '../../../src/core/repair/cost/verdict.js';
import type { RepairMode } from '../../../src/core/repair/mode.js';
import { clean } from '../../../src/core/text.js';
import type { PreviewedRepair, RepairsAnswer } from '../../../src/protocol/repair.js';
import { Icon, type IconName } from '../../parts/icon.js';
import { repairOf } from '../../state/repairState.js';
import type { Store } from '../../state/store.js';
import { count, plural, size } from '../../text/text.js';
import { GuestBar } from './guestBar.js';
import { RepairAdvice } from './repairAdvice.js';
import { RepairChanges } from './repairChanges.js';
import { afterCell, type BarCell, nowCell } from './repairColumns.js';

const MODES: readonly RepairMode[] = ['leaks', 'all'];
/** Disks that have a bar: the active one, and the first snapshots. */
const DISKS = 8;

interface Props {
  readonly store: Store;
}

/** What `qemu-img check -r` would do, beside doing nothing: a way into the overview, with a way back. */
export function RepairPreview({ store }: Props): JSX.Element {
  const state = repairOf(store);
  const answer = state.answer.value;
  return (
    <div class="overview repair-preview">
      <div class="repair-head">
        <button
          type="button"
          class="link with-icon"
          onClick={() => {
            state.close();
          }}
        >
          <Icon name="chevron-left" />
          Overview
        </button>
        <h2>What would check -r do?</h2>
        <span class="dim">simulated in memory as QEMU 7.2 does it; the image is not touched</span>
      </div>
      <Body store={store} answer={answer} />
    </div>
  );
}

function Body({ store, answer }: Props & { readonly answer: RepairsAnswer | undefined }) {
  if (answer?.state === 'failed')
    return (
      <div class="hint">
        <Icon name="circle-slash" />
        <p>{clean(answer.message)}</p>
      </div>
    );
  if (answer?.state !== 'previewed')
    return (
      <p class="overview-waiting dim" aria-busy="true">
        {store.scan.value.state === 'scanning' ? 'Reading the image' : 'Simulating the repairs'} …
      </p>
    );
  const repair = answer.repairs[repairOf(store).picked.value];
  return (
    <>
      <Columns store={store} answer={answer} />
      <div class="repair-below">
        <RepairChanges store={store} repair={repair} />
        <RepairAdvice store={store} repair={repair} />
      </div>
      <Messages repair={repair} />
    </>
  );
}

type Previewed = Extract<RepairsAnswer, { state: 'previewed' }>;

/** One row of the table: a cell for doing nothing, and one for each repair. */
interface Line {
  readonly name: string;
  readonly now: string;
  readonly after: (repair: PreviewedRepair) => string;
  /** Whether the cell tells of harm. */
  readonly isBad?: (repair: PreviewedRepair) => boolean;
}

function Columns({ store, answer }: Props & { readonly answer: Previewed }): JSX.Element {
  const { repairs } = answer;
  const picked = repairOf(store).picked.value;
  const disks = disksOf(store, answer);
  const column = (mode: RepairMode): string => (mode === picked ? 'picked' : '');
  return (
    <table class="repair-table">
      <thead>
        <tr>
          <td />
          <th scope="col">
            Now
            <Verdict kind={undefined} text={nowText(store)} />
          </th>
          {MODES.map((mode) => (
            <th key={mode} scope="col" class={column(mode)} data-mode={mode}>
              <button
                type="button"
                class="repair-pick"
                aria-pressed={mode === picked}
                title="Show its changes"
                onClick={() => {
                  repairOf(store).pick(mode);
                }}
              >
                <code>check -r {mode}</code>
                <Verdict kind={repairs[mode].verdict.kind} text={repairs[mode].verdict.text} />
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {linesOf(store, answer).map(({ name, now, after, isBad }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{now}</td>
            {MODES.map((mode) => (
              <td
                key={mode}
                class={`${column(mode)} ${isBad?.(repairs[mode]) === true ? 'bad' : ''}`}
              >
                {after(repairs[mode])}
              </td>
            ))}
          </tr>
        ))}
        {disks.slice(0, DISKS).map(({ name, now, after }) => (
          <tr key={name} class="bars">
            <th scope="row">
              <b>{name}</b>
            </th>
            <td>
              <Bar cell={nowCell(now)} size={now.size} />
            </td>
            {MODES.map((mode) => (
              <td key={mode} class={column(mode)}>
                <Bar cell={after(mode)} size={now.size} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td />
          <td colSpan={3}>
            <Legend />
            {disks.length > DISKS && (
              <span class="dim">and {plural(disks.length - DISKS, 'more snapshot')}</span>
            )}
          </td>
        </tr>
      </tfoot>
    </table>
  );
}

const Bar = ({ cell, size: bytes }: { readonly cell: BarCell; readonly size: number }) => (
  <GuestBar size={bytes} parts={cell.parts} text={cell.text} />
);

const LEGEND = [
  ['fine', 'fine'],
  ['doubt', 'in doubt: another owner writes there'],
  ['lost', 'lost'],
  ['changed', 'other bytes than now'],
  ['gone', 'gone'],
] as const;

const Legend = (): JSX.Element => (
  <ul class="bar-legend dim">
    {LEGEND.map(([state, text]) => (
      <li key={state}>
        <span class={`bar-swatch bar-${state}`} />
        {text}
      </li>
    ))}
  </ul>
);

const VERDICT_ICON: Readonly<Record<RepairVerdictKind, IconName>> = {
  none: 'pass',
  safe: 'pass',
  helps: 'warning',
  'no-help': 'dash',
  destroys: 'circle-slash',
  unknown: 'question',
};

const Verdict = ({
  kind,
  text,
}: {
  readonly kind: RepairVerdictKind | undefined;
  readonly text: string;
}): JSX.Element => (
  <span class="repair-verdict" data-verdict={kind}>
    {kind && <Icon name={VERDICT_ICON[kind]} />}
    <span>{clean(text)}</span>
  </span>
);

function nowText(store: Store): string {
  const answer = store.diagnosis.answer.value;
  return answer?.state === 'diagnosed' ? answer.diagnosis.headline : '';
}

/** QEMU's exit code of a check, by its counts. */
function exitCodeNow(store: Store): string {
  const scan = store.scan.value;
  const counts = scan.state === 'scanned' ? scan.summary.counts : undefined;
  if (!counts || counts.checkErrors > 0) return '1';
  return counts.corruptions > 0 ? '2' : counts.leaks > 0 ? '3' : '0';
}

function linesOf(store: Store, { now, repairs }: Previewed): Line[] {
  const scan = store.scan.value;
  const counts = scan.state === 'scanned' ? scan.summary.counts : undefined;
  const known = (number: number | undefined): string =>
    number === undefined ? '–' : count(number);
  const fixed = (left: number | undefined, done: number): string =>
    done > 0 ? `${known(left)} · ${count(done)} repaired` : known(left);
  const cost = repairs.all.cost ?? repairs.leaks.cost;
  const freed = ({ totals }: PreviewedRepair): number =>
    totals.find(([what]) => what === 'freed')?.[1] ?? 0;
  return [
    {
      name: 'exit code',
      now: exitCodeNow(store),
      after: ({ exitCode }) => known(exitCode),
    },
    {
      name: 'corruptions',
      now: known(counts?.corruptions),
      after: ({ left, fixed: done }) => fixed(left.corruptions, done.corruptions),
    },
    {
      name: 'leaks',
      now: known(counts?.leaks),
      after: ({ left, fixed: done }) => fixed(left.leaks, done.leaks),
    },
    {
      name: 'clusters with two owners',
      now: count(now.twoOwners),
      after: ({ left }) => count(left.twoOwners),
      isBad: ({ left }) => left.twoOwners > 0,
    },
    {
      name: 'snapshots',
      now: known(cost?.snapshots.before),
      after: (repair) => known(repair.cost?.snapshots.after),
      isBad: ({ cost: its }) => its !== undefined && its.snapshots.after < its.snapshots.before,
    },
    {
      name: 'bitmaps',
      now: known(cost?.bitmaps.before),
      after: (repair) => known(repair.cost?.bitmaps.after),
      isBad: ({ cost: its }) => (its?.bitmapsGone.length ?? 0) > 0,
    },
    {
      name: 'clusters given free',
      now: '–',
      after: (repair) => {
        const clusters = freed(repair);
        const inUse = repair.cost?.stillReferred ?? 0;
        if (clusters === 0) return '0';
        // Structures that are built anew have no refcounts of leaks: nobody frees those one by one.
        const leaks = repair.rebuilt && repair.fixed.leaks > 0 ? ', besides the leaks' : '';
        const text = `${count(clusters)} · ${size(clusters * store.clusterSize)}${leaks}`;
        return inUse > 0 ? `${text} · ${count(inUse)} still in use` : text;
      },
      isBad: (repair) => (repair.cost?.stillReferred ?? 0) > 0,
    },
    {
      name: 'refcount structures',
      now: '–',
      after: ({ rebuilt }) => (rebuilt ? 'built anew' : 'kept'),
    },
  ];
}

interface DiskLine {
  readonly name: string;
  readonly now: DamagedDisk;
  readonly after: (mode: RepairMode) => BarCell;
}

function disksOf(store: Store, { repairs }: Previewed): DiskLine[] {
  const answer = store.diagnosis.answer.value;
  const views = (repairs.all.cost ?? repairs.leaks.cost)?.views ?? [];
  const disks = views.map(({ snapshot, diskSize }, place) => ({
    snapshot: snapshot?.name,
    // The disk itself comes first.
    entry: snapshot && place - 1,
    size: diskSize,
  }));
  const diagnosis = answer?.state === 'diagnosed' ? answer.diagnosis : ({ causes: [] } as const);
  return guestDamage(diagnosis, disks).map((now, index) => ({
    name:
      now.snapshot === undefined ? `disk now, ${size(now.size)}` : clean(now.snapshot) || 'no name',
    now,
    after: (mode) => {
      const view = repairs[mode].cost?.views.at(index);
      return view ? afterCell(now, view) : { parts: [], text: 'nobody can say' };
    },
  }));
}

/** What QEMU would print. */
function Messages({ repair }: { readonly repair: PreviewedRepair }): JSX.Element | null {
  const { messages, messageCount, doubts } = repair;
  if (messageCount === 0 && doubts.length === 0) return null;
  return (
    <details class="repair-messages">
      <summary>What QEMU would print: {plural(messageCount, 'line')}</summary>
      <pre tabIndex={0} aria-label="Messages of QEMU">
        {messages.map(clean).join('\n')}
      </pre>
      {messageCount > messages.length && (
        <p class="dim">
          and {plural(messageCount - messages.length, 'more line', 'more lines')}; qemu-img, and
          qcow2-lens repair, have them all
        </p>
      )}
      {doubts.map((doubt) => (
        <p key={doubt} class="dim">
          May differ: {clean(doubt)}
        </p>
      ))}
    </details>
  );
}
