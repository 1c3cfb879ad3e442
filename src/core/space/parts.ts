import { KIND_TEXT, KINDS, type Kind } from '../map/kinds.js';

/** What data of the disk are, by who needs them: the active disk alone, both, snapshots alone. */
type DataPart = 'data' | 'shared-data' | 'snapshot-data';

/** The parts of the bill: each byte of the file is in one. */
export type SpacePart = Exclude<Kind, 'data'> | DataPart | 'leaked' | 'free' | 'tail';

/** In the order of the bill: the guest's bytes, the image's own, and what nobody needs. */
export const PARTS: readonly SpacePart[] = [
  'data',
  'shared-data',
  'snapshot-data',
  'compressed',
  'vm-state',
  ...KINDS.filter((kind) => kind !== 'data' && kind !== 'compressed' && kind !== 'vm-state'),
  'leaked',
  'free',
  'tail',
];

export const PART_TEXT: Readonly<Record<SpacePart, string>> = {
  ...KIND_TEXT,
  data: 'data of the active disk alone',
  'shared-data': 'data shared with snapshots',
  'snapshot-data': 'data of snapshots only',
  leaked: 'leaked: in use by nobody, but counted',
  free: 'free inside the file',
  tail: 'behind the last cluster in use',
};
