import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { SearchTarget } from '../../src/core/inspect/search.js';
import type { NavigationCommand, SearchRequest } from '../../src/protocol/webviewMessages.js';
import type { Hit } from '../../src/protocol/navigation.js';
import { readHistory, travelled, visited, type History } from './history.js';
import { type MappedState, mappedText } from './referredTo.js';
import type { Rpc } from './rpc.js';
import type { Scan } from './scan.js';
import type { Selection } from './selection.js';
import { KIND_TEXT } from '../../src/core/map/kinds.js';
import { messageOf } from '../../src/core/text.js';
import { count, plural } from '../text/text.js';
import type { Tab } from './viewState.js';
import type { HostCluster } from '../../src/core/units.js';

/** Milliseconds that a note stays. */
const NOTE = 5000;

/** What is looked for: on the map, or among what a table maps. */
type Target = SearchTarget | { readonly type: 'mapped' };

/** What one goes about in. */
interface Surroundings {
  readonly selection: Pick<Selection, 'selected' | 'detail' | 'has' | 'goTo'>;
  readonly mapped: MappedState;
  /** What the live region says. */
  readonly spoken: Signal<string>;
  readonly rpc: Rpc;
  readonly scan: ReadonlySignal<Scan>;
  showTab(tab: Tab): void;
}

/** Going about: places visited, searches, what a table maps, and what is said about them. */
export class Navigation {
  readonly history: Signal<History>;
  readonly canGoBack = computed(() => this.#travelled(-1) !== undefined);
  readonly canGoForward = computed(() => this.#travelled(1) !== undefined);
  /** A line for the eye, for a while. */
  readonly note = signal<string | undefined>(undefined);
  readonly #surroundings: Surroundings;
  #target: Target | undefined;
  #noteTimer: ReturnType<typeof setTimeout> | undefined;
  /** One search after the other: each goes on where the one before ended. */
  #searching: Promise<void> = Promise.resolve();

  constructor(surroundings: Surroundings, kept: History) {
    this.#surroundings = surroundings;
    this.history = signal(readHistory(kept));
  }

  /** The user has gone to a cluster. */
  visit(cluster: HostCluster): void {
    this.history.value = visited(this.history.value, cluster);
  }

  run(command: Exclude<NavigationCommand, 'copyPicture' | 'savePng' | 'saveSvg'>): void {
    switch (command) {
      case 'goBack':
        this.#travel(-1);
        break;
      case 'goForward':
        this.#travel(1);
        break;
      case 'showMapped':
        void this.showMapped();
        break;
      case 'showRanges':
        this.#surroundings.showTab('ranges');
        break;
      case 'showFindings':
        this.#surroundings.showTab('findings');
        break;
    }
  }

  search({ target, direction }: SearchRequest): void {
    this.#searching = this.#searching.then(() => this.#search(target, direction));
  }

  /** Marks what the selected table refers to; again: no longer. */
  async showMapped(): Promise<void> {
    const { selection, mapped } = this.#surroundings;
    const cluster = selection.selected.value;
    if (cluster === undefined) {
      this.say('Select a table first.');
      return;
    }
    if (mapped.pinned?.cluster === cluster) {
      this.endMapped();
      this.say('What the table refers to is no longer marked.');
      return;
    }
    try {
      const pinned = await mapped.pin(cluster);
      if (pinned) this.#target = { type: 'mapped' };
      this.say(
        pinned
          ? `Cluster ${count(cluster)} ${mappedText(pinned.mapped)}. F3 goes through them.`
          : `Cluster ${count(cluster)} refers to nothing in this file.`,
      );
    } catch (error) {
      this.say(failureOf(error));
    }
  }

  endMapped(): void {
    void this.#surroundings.mapped.pin(undefined);
    if (this.#target?.type === 'mapped') this.#target = undefined;
  }

  /** Says something to the eye and to the ear. */
  say(text: string): void {
    this.note.value = text;
    this.#surroundings.spoken.value = text;
    clearTimeout(this.#noteTimer);
    this.#noteTimer = setTimeout(() => {
      this.note.value = undefined;
    }, NOTE);
  }

  #travelled(direction: 1 | -1): History | undefined {
    return travelled(this.history.value, direction, (cluster) =>
      this.#surroundings.selection.has(cluster),
    );
  }

  #travel(direction: 1 | -1): void {
    const next = this.#travelled(direction);
    if (!next) {
      this.say(direction < 0 ? 'There is no place before.' : 'There is no place to go forward to.');
      return;
    }
    this.history.value = next;
    const cluster = next.places[next.at];
    this.#surroundings.selection.goTo(cluster);
    this.#surroundings.spoken.value = `cluster ${count(cluster)}`;
  }

  async #search(wanted: SearchRequest['target'], direction: 1 | -1): Promise<void> {
    const target = this.#targetOf(wanted);
    if (!target) {
      this.say('Select a cluster first, or choose what to find.');
      return;
    }
    this.#target = target;
    const from = this.#surroundings.selection.selected.value;
    try {
      const hit =
        target.type === 'mapped'
          ? this.#nextMapped(from, direction)
          : await this.#surroundings.rpc.ask('next', { target, from, direction });
      if (!hit) {
        this.say(`${nameOf(target)}: there is none.`);
        return;
      }
      this.#surroundings.selection.goTo(hit.cluster);
      this.say(hitText(target, hit, direction, countedBy(target, this.#surroundings.scan.value)));
    } catch (error) {
      this.say(failureOf(error));
    }
  }

  #targetOf(wanted: SearchRequest['target']): Target | undefined {
    if (wanted === undefined && this.#target) return this.#target;
    if (wanted !== undefined && wanted !== 'selected-kind') return wanted;
    const { detail, selected } = this.#surroundings.selection;
    const known = detail.value;
    if (known.state !== 'known' || known.detail.cluster !== selected.value) return undefined;
    return { type: 'kind', kind: known.detail.kinds[0] };
  }

  #nextMapped(from: HostCluster | undefined, direction: 1 | -1): Hit | undefined {
    const runs = this.#surroundings.mapped.pinned?.mapped.runs ?? [];
    const here = from ?? -1;
    const onward =
      direction === 1
        ? runs.findIndex(({ cluster }) => cluster > here)
        : runs.findLastIndex(({ cluster }) => cluster < here);
    const position = onward >= 0 ? onward : direction === 1 ? 0 : runs.length - 1;
    const run = runs.at(position);
    return run && { ...run, position, total: runs.length, wrapped: onward < 0 };
  }
}

function nameOf(target: Target): string {
  switch (target.type) {
    case 'kind':
      return capitalised(KIND_TEXT[target.kind]);
    case 'claimed-twice':
      return 'Claimed twice';
    case 'leak':
      return 'Leaked';
    case 'too-low':
      return 'Refcount too low';
    case 'wrong':
      return 'Wrong';
    case 'corruption':
      return 'Corruption';
    case 'mapped':
      return 'Run that the table refers to';
  }
}

/**
 * What `qemu-img check` counts of the findings that a search goes through; there are fewer places than findings where
 * clusters with some lie side by side, or one has several.
 */
function countedBy(target: Target, scan: Scan): string | undefined {
  const counts = scan.state === 'scanned' ? scan.summary.counts : undefined;
  if (!counts) return undefined;
  switch (target.type) {
    case 'corruption': {
      const { corruptions, checkErrors } = counts;
      const told = plural(corruptions, 'corruption');
      return checkErrors > 0 ? `${told}, ${plural(checkErrors, 'check error')}` : told;
    }
    case 'leak':
      return plural(counts.leaks, 'leak');
    default:
      return undefined;
  }
}

/** "Corruption, place 4 of 4 · 11 corruptions: cluster 20,512. The search went on from the start." */
function hitText(target: Target, hit: Hit, direction: 1 | -1, counted: string | undefined): string {
  const { cluster, clusters, position, total, wrapped } = hit;
  const where =
    clusters === 1
      ? `cluster ${count(cluster)}`
      : `${plural(clusters, 'cluster')} from ${count(cluster)} on`;
  const end = direction === 1 ? 'the start' : 'the end';
  const onward = wrapped ? `. The search went on from ${end} of the file.` : '';
  const place = `place ${count(position + 1)} of ${count(total)}`;
  const among = counted === undefined ? place : `${place} · ${counted}`;
  return `${nameOf(target)}, ${among}: ${where}${onward}`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const failureOf = (error: unknown): string => capitalised(messageOf(error));
