import type { SpacePart } from '../../../src/core/space/parts.js';
import type { KnownSpace } from '../../parts/whatIf.js';
import { plural, size } from '../../text/text.js';

/** Why a file is as large as it is. */
export interface Headline {
  readonly title: string;
  readonly why: string;
}

interface Reason {
  readonly text: string;
  readonly bytes: number;
}

/** A reason below this part of the file is none. */
const LEAST = 0.005;
const MOST_REASONS = 3;

const OF_SNAPSHOTS: readonly SpacePart[] = [
  'snapshot-data',
  'vm-state',
  'snapshot-table',
  'inactive-l1',
  'inactive-l2',
];
const OF_BITMAPS: readonly SpacePart[] = ['bitmap-directory', 'bitmap-table', 'bitmap-data'];
const OF_DISK: readonly SpacePart[] = ['data', 'shared-data', 'compressed'];

/** The answer to "why is this file so large", in two sentences. */
export function headline({ file, parts, snapshotCount }: KnownSpace, disk: number): Headline {
  const bytesOf = (kinds: readonly SpacePart[]): number =>
    parts.reduce((sum, { kind, bytes }) => sum + (kinds.includes(kind) ? bytes : 0), 0);
  const snapshots = bytesOf(OF_SNAPSHOTS);
  const bitmaps = bytesOf(OF_BITMAPS);
  const leaked = bytesOf(['leaked']);
  const free = bytesOf(['free', 'tail']);
  const data = bytesOf(OF_DISK);
  const tables = file.bytes - snapshots - bitmaps - leaked - free - data;
  const reasons: readonly Reason[] = [
    {
      text: `${size(snapshots)} are needed by its ${snapshotCount === 1 ? 'snapshot' : plural(snapshotCount, 'snapshot')} alone`,
      bytes: snapshots,
    },
    { text: `${size(free)} are in use by nobody`, bytes: free },
    { text: `${size(leaked)} are leaked`, bytes: leaked },
    { text: `${size(tables)} are tables`, bytes: tables },
    { text: `${size(bitmaps)} are bitmaps`, bytes: bitmaps },
  ];
  const told = reasons
    .filter(({ bytes }) => bytes >= LEAST * file.bytes)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, MOST_REASONS)
    .map(({ text }) => text);
  const title =
    file.bytes > disk
      ? `The file is ${size(file.bytes - disk)} larger than the disk it holds`
      : `A file of ${size(file.bytes)} holds a disk of ${size(disk)}`;
  const own = `${size(data)} are data of the disk`;
  return { title, why: `${[own, ...told].join(', ')}.` };
}
