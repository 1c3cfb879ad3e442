import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import { count, plural, size } from '../text/text.js';
import { clean } from '../../src/core/text.js';
import type { ImageFacts } from '../../src/core/qcow2/facts.js';
import { Chips } from './chips.js';

/** The image in one line. */
export function Summary({ store }: { readonly store: Store }): JSX.Element {
  const facts = store.facts.value;
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
      <Chips store={store} facts={facts} />
    </div>
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
