import type { JSX } from 'preact';
import type { Severity } from '../../src/core/check/finding.js';
import type { ScanSummary } from '../../src/core/inspect/inspection.js';
import type { GeometryFacts, ImageFacts } from '../../src/core/qcow2/facts.js';
import type { FileStatus } from '../../src/protocol/imageService.js';
import { Icon, type IconName } from '../parts/icon.js';
import { findingFilterOf } from '../state/findingFilter.js';
import type { Store } from '../state/store.js';
import { plural } from '../text/text.js';

interface Chip {
  readonly text: string;
  readonly tone: 'error' | 'warning' | 'plain' | 'read-only';
  /** Colours are no difference in high contrast. */
  readonly icon: IconName;
  readonly title: string;
  /** Where it leads: the findings of a severity, or what comes of it all; undefined: nowhere. */
  readonly to: Severity | 'overview' | undefined;
}

interface Props {
  readonly store: Store;
  readonly facts: ImageFacts;
}

/** What is out of the ordinary, each with a way to it. */
export function Chips({ store, facts }: Props): JSX.Element {
  const scan = store.scan.value;
  const summary = scan.state === 'scanned' ? scan.summary : undefined;
  const all = [
    ...chipsOfUse(store.file.value),
    ...chipsOfFindings(summary),
    ...chipsOfHeader(facts.geometry),
    READ_ONLY,
  ];
  return (
    <ul class="chips">
      {all.map((chip) => (
        <ChipItem key={chip.text} chip={chip} store={store} />
      ))}
    </ul>
  );
}

interface ChipProps {
  readonly chip: Chip;
  readonly store: Store;
}

function ChipItem({ chip: { text, tone, icon, title, to }, store }: ChipProps): JSX.Element {
  const hasPane = store.geometry.value !== undefined && store.failure.value === undefined;
  const content = (
    <>
      <Icon name={icon} />
      <span class="chip-text">{text}</span>
    </>
  );
  return (
    <li class={`chip ${tone}`} title={title}>
      {to === undefined || !hasPane ? (
        <span class="chip-body">{content}</span>
      ) : (
        <button
          type="button"
          class="chip-body"
          onClick={() => {
            show(store, to);
          }}
        >
          {content}
        </button>
      )}
    </li>
  );
}

function show(store: Store, to: Severity | 'overview'): void {
  if (to !== 'overview') findingFilterOf(store).value = { severity: to, code: undefined };
  store.showTab(to === 'overview' ? 'overview' : 'findings');
}

const READ_ONLY: Chip = {
  text: 'read-only',
  tone: 'read-only',
  icon: 'lock',
  title: 'Qcow2 Lens never writes to an image.',
  to: undefined,
};

function chipsOfUse({ use }: FileStatus): Chip[] {
  switch (use) {
    case 'unknown':
      return [];
    case 'open':
      return [
        {
          text: 'in use by another process',
          tone: 'plain',
          icon: 'info',
          title: 'Another process has the image open for reading, as its locks on the file tell.',
          to: undefined,
        },
      ];
    case 'writing':
      return [
        {
          text: 'in use by another process, locked for writing',
          tone: 'warning',
          icon: 'edit',
          title:
            'Another process has the image open for writing, as its locks on the file tell: what is shown may be out of date at any moment.',
          to: undefined,
        },
      ];
  }
}

function chipsOfFindings(summary: ScanSummary | undefined): Chip[] {
  const { checkErrors = 0, corruptions = 0, leaks = 0 } = summary?.counts ?? {};
  const chips: Chip[] = [];
  if (checkErrors > 0)
    chips.push({
      text: plural(checkErrors, 'check error'),
      tone: 'error',
      icon: 'circle-slash',
      title: 'Parts of the image could not be checked. Show these findings.',
      to: 'error',
    });
  if (corruptions > 0)
    chips.push({
      text: plural(corruptions, 'corruption'),
      tone: 'error',
      icon: 'error',
      title: 'As qemu-img check counts them. Show these findings.',
      to: 'corruption',
    });
  if (leaks > 0)
    chips.push({
      text: plural(leaks, 'leak'),
      tone: 'warning',
      icon: 'warning',
      title: 'Clusters with a refcount that nothing refers to. Show these findings.',
      to: 'leak',
    });
  if (summary?.repairDanger !== undefined)
    chips.push({
      text: 'do not repair: deletes snapshots',
      tone: 'error',
      icon: 'flame',
      title: summary.repairDanger,
      to: 'overview',
    });
  return chips;
}

function chipsOfHeader(geometry: GeometryFacts | undefined): Chip[] {
  const chips: Chip[] = [];
  if (geometry?.corrupt)
    chips.push({
      text: 'marked corrupt',
      tone: 'error',
      icon: 'shield',
      title: 'The image carries the corrupt flag.',
      to: 'overview',
    });
  if (geometry?.dirty)
    chips.push({
      text: 'dirty',
      tone: 'warning',
      icon: 'edit',
      title: 'The image was not closed cleanly; refcounts may be stale.',
      to: 'overview',
    });
  return chips;
}
