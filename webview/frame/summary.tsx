import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import type { FileStatus } from '../../src/protocol/imageService.js';
import { count, plural, size } from '../text/text.js';
import { clean } from '../../src/core/text.js';
import type { GeometryFacts, ImageFacts } from '../../src/core/qcow2/facts.js';
import type { ScanSummary } from '../../src/core/inspect/inspection.js';

interface Chip {
  readonly text: string;
  readonly tone: 'error' | 'warning' | 'plain';
  readonly title: string;
}

/** The image in one line. */
export function Summary({ store }: { readonly store: Store }): JSX.Element {
  const facts = store.facts.value;
  const scan = store.scan.value;
  if (!facts) return <div class="summary" />;
  const name = clean(facts.fileName);
  return (
    <div class="summary">
      <h1 title={name}>{name}</h1>
      <ul class="facts">
        {factTexts(facts).map(({ text, title }) => (
          <li key={title} title={title}>
            {text}
          </li>
        ))}
      </ul>
      <ul class="chips">
        {useChips(store.file.value).map((chip) => (
          <li key={chip.text} class={`chip ${chip.tone}`} title={chip.title}>
            {chip.text}
          </li>
        ))}
        {chips(facts.geometry, scan.state === 'scanned' ? scan.summary : undefined).map((chip) => (
          <ChipItem key={chip.text} chip={chip} store={store} />
        ))}
      </ul>
    </div>
  );
}

interface ChipProps {
  readonly chip: Chip;
  readonly store: Store;
}

/** What is wrong leads to what it comes of. */
function ChipItem({ chip: { text, tone, title }, store }: ChipProps): JSX.Element {
  const hasPane = store.geometry.value !== undefined && store.failure.value === undefined;
  return (
    <li class={`chip ${tone}`} title={title}>
      {tone === 'plain' || !hasPane ? (
        text
      ) : (
        <button
          type="button"
          onClick={() => {
            store.showTab('overview');
          }}
        >
          {text}
        </button>
      )}
    </li>
  );
}

interface Fact {
  readonly text: string;
  readonly title: string;
}

/** A size before a noun: a `512-byte` cluster, a `2 MiB` one. */
const measure = (bytes: number): string => size(bytes).replace(/ bytes?$/, '-byte');

function factTexts({ geometry, fileSize }: ImageFacts): Fact[] {
  const file = { text: `${measure(fileSize)} file`, title: `File size: ${count(fileSize)} bytes` };
  if (!geometry) return [file];
  const { virtualSize, snapshots, bitmaps, encryption, compression } = geometry;
  const facts: Fact[] = [
    { text: `v${geometry.version}`, title: 'Version of the format' },
    { text: `${measure(2 ** geometry.clusterBits)} clusters`, title: 'Cluster size' },
    { text: `${measure(virtualSize)} virtual`, title: `Virtual size: ${count(virtualSize)} bytes` },
    file,
  ];
  if (geometry.refcountBits !== 16) {
    facts.push({ text: `${geometry.refcountBits}-bit refcounts`, title: 'Refcount width' });
  }
  if (snapshots > 0)
    facts.push({ text: plural(snapshots, 'snapshot'), title: 'Internal snapshots' });
  if (bitmaps > 0) facts.push({ text: plural(bitmaps, 'bitmap'), title: 'Persistent bitmaps' });
  if (geometry.extendedL2)
    facts.push({ text: 'extended L2', title: 'L2 entries with subclusters' });
  if (encryption !== 'none') {
    facts.push({ text: encryption === 'luks' ? 'LUKS' : 'AES', title: 'Encryption' });
  }
  facts.push({ text: compression, title: 'Compression type' });
  if (geometry.backingFile !== undefined) {
    facts.push({ text: `backed by ${clean(geometry.backingFile)}`, title: 'Backing file' });
  }
  if (geometry.dataFile !== undefined) {
    facts.push({ text: `data in ${clean(geometry.dataFile)}`, title: 'External data file' });
  }
  return facts;
}

function useChips({ use }: FileStatus): Chip[] {
  switch (use) {
    case 'unknown':
      return [];
    case 'open':
      return [
        {
          text: 'in use by another process',
          tone: 'plain',
          title: 'Another process has the image open for reading, as its locks on the file tell.',
        },
      ];
    case 'writing':
      return [
        {
          text: 'in use by another process, locked for writing',
          tone: 'warning',
          title:
            'Another process has the image open for writing, as its locks on the file tell: what is shown may be out of date at any moment.',
        },
      ];
  }
}

function chips(geometry: GeometryFacts | undefined, summary: ScanSummary | undefined): Chip[] {
  const found: Chip[] = [];
  const add = (tone: Chip['tone'], text: string, title: string): void => {
    found.push({ text, tone, title });
  };
  if (geometry?.corrupt) add('error', 'marked corrupt', 'The image carries the corrupt flag.');
  const counts = summary?.counts;
  if (counts && counts.checkErrors > 0) {
    add(
      'error',
      plural(counts.checkErrors, 'check error'),
      'Parts of the image could not be checked.',
    );
  }
  if (counts && counts.corruptions > 0) {
    add('error', plural(counts.corruptions, 'corruption'), 'As qemu-img check counts them.');
  }
  if (counts && counts.leaks > 0) {
    add(
      'warning',
      plural(counts.leaks, 'leak'),
      'Clusters with a refcount that nothing refers to.',
    );
  }
  if (summary?.repairDanger !== undefined)
    add('error', 'do not repair: deletes snapshots', summary.repairDanger);
  if (geometry?.dirty)
    add('warning', 'dirty', 'The image was not closed cleanly; refcounts may be stale.');
  add('plain', 'read-only', 'Qcow2 Lens never writes to an image.');
  return found;
}
