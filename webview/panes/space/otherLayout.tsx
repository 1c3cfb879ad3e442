import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import {
  CLUSTER_SIZES,
  dataInClusters,
  fullSize,
  l2Bytes,
  type NewImage,
  refusal,
  requiredSize,
} from '../../../src/core/space/newImage.js';
import { commandLine, Commands, fileName } from '../../parts/commands.js';
import type { DiskContents } from '../../../src/core/space/diskContents.js';
import { wholeContents } from './wholeContents.js';
import type { KnownSpace } from '../../parts/whatIf.js';
import { paneState } from '../../state/paneState.js';
import type { Store } from '../../state/store.js';
import { size } from '../../text/text.js';

const REFCOUNT_BITS = [1, 2, 4, 8, 16, 32, 64];

const chosenOf = paneState(() => signal<NewImage | undefined>(undefined));

interface Props {
  readonly store: Store;
  readonly answer: KnownSpace;
}

/** What the metadata would be with clusters of another size, extended L2 entries, another width of refcounts. */
export function OtherLayout({ store, answer }: Props): JSX.Element | null {
  const geometry = store.geometry.value;
  if (!geometry) return null;
  const own: NewImage = {
    clusterSize: store.clusterSize,
    refcountBits: geometry.refcountBits,
    extendedL2: geometry.extendedL2,
  };
  const chosen = chosenOf(store);
  const other = chosen.value ?? own;
  const set = (changes: Partial<NewImage>): void => {
    chosen.value = { ...other, ...changes };
  };
  const contents = wholeContents(store, answer);
  const disk = geometry.virtualSize;
  const refused = refusal(disk, other);
  const options = [
    `cluster_size=${other.clusterSize}`,
    ...(other.extendedL2 ? ['extended_l2=on'] : []),
    `refcount_bits=${other.refcountBits}`,
  ].join(',');
  return (
    <section aria-labelledby="other-layout">
      <div class="section-head">
        <h2 class="section-title" id="other-layout">
          What if it were laid out otherwise
        </h2>
        <span class="dim">computed</span>
      </div>
      <div class="layout-choice">
        <label>
          Cluster size{' '}
          <select
            class="dropdown"
            value={String(other.clusterSize)}
            onChange={({ currentTarget }) => {
              set({ clusterSize: Number(currentTarget.value) });
            }}
          >
            {CLUSTER_SIZES.map((bytes) => (
              <option key={bytes} value={String(bytes)}>
                {size(bytes)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Refcount bits{' '}
          <select
            class="dropdown"
            value={String(other.refcountBits)}
            onChange={({ currentTarget }) => {
              set({ refcountBits: Number(currentTarget.value) });
            }}
          >
            {REFCOUNT_BITS.map((bits) => (
              <option key={bits} value={String(bits)}>
                {bits}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={other.extendedL2}
            onChange={({ currentTarget }) => {
              set({ extendedL2: currentTarget.checked });
            }}
          />{' '}
          extended L2
        </label>
      </div>
      {refused === undefined ? (
        <>
          <table class="layout-table">
            <thead>
              <tr>
                <th scope="col">of a full disk</th>
                <th scope="col">as it is</th>
                <th scope="col">otherwise</th>
              </tr>
            </thead>
            <tbody>
              <Line
                name="metadata"
                of={(layout) => metadataBytes(disk, layout)}
                {...{ own, other }}
              />
              <Line
                name="its L2 tables: a cache that covers all"
                of={(layout) => l2Bytes(disk, layout)}
                {...{ own, other }}
              />
              {contents && (
                <Line
                  name="new file as filled now, at most"
                  of={(layout) => neededBytes(contents, disk, layout)}
                  {...{ own, other }}
                />
              )}
            </tbody>
          </table>
          {chosen.value && geometry.encryption === 'none' && (
            <Commands
              store={store}
              lines={[
                commandLine(
                  store,
                  `qemu-img convert -p -O qcow2 -o ${options}`,
                  fileName(store),
                  'new.qcow2',
                ),
              ]}
            />
          )}
        </>
      ) : (
        <p class="space-note">QEMU makes no such image: {refused}.</p>
      )}
    </section>
  );
}

const metadataBytes = (disk: number, layout: NewImage): number =>
  fullSize(disk, layout) - roundedDisk(disk, layout);

const roundedDisk = (disk: number, { clusterSize }: NewImage): number =>
  Math.ceil(disk / clusterSize) * clusterSize;

const neededBytes = ({ data }: DiskContents, disk: number, layout: NewImage): number =>
  requiredSize(disk, dataInClusters(data, layout.clusterSize), layout);

interface LineProps {
  readonly name: string;
  readonly of: (layout: NewImage) => number;
  readonly own: NewImage;
  readonly other: NewImage;
}

const Line = ({ name, of, own, other }: LineProps): JSX.Element => (
  <tr>
    <th scope="row">{name}</th>
    <td>{size(of(own))}</td>
    <td>{size(of(other))}</td>
  </tr>
);
