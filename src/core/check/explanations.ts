import type { FindingCode } from './finding.js';

/** A finding in our own words. */
export interface Explanation {
  /** Names the kind: a few words, no full stop. */
  readonly title: string;
  /** What it means and what can come of it. */
  readonly meaning: string;
  /** What `qemu-img check -r` would do about it. */
  readonly repair: string;
}

const REBUILDS = '"-r all" builds the whole refcount structure anew at the end of the file.';
const STAYS = 'No repair mode changes it; the entry has to be judged by a person.';
const BEYOND = 'The check of qemu-img does not look for it, and no repair mode changes it.';
const COPIED = '"-r all" sets the flag to what the refcount says.';

const EXPLANATIONS: Readonly<Record<FindingCode, Explanation>> = {
  'l1-reserved-bits': {
    title: 'Reserved bits in an L1 entry',
    meaning:
      'Bits are set that the format leaves unused. The entry has most likely been overwritten, and the L2 table that it names may be none.',
    repair: STAYS,
  },
  'l1-unaligned': {
    title: 'L2 table off the cluster grid',
    meaning:
      'The L1 entry points into the middle of a cluster. QEMU marks the image as corrupt when the guest reads that part of the disk.',
    repair: STAYS,
  },
  'l2-reserved-bits': {
    title: 'Reserved bits in an L2 entry',
    meaning:
      'Bits are set that the format leaves unused. The table has probably been overwritten: look at its other entries, and at who else claims its cluster.',
    repair: STAYS,
  },
  'l2-unaligned': {
    title: 'Data off the cluster grid',
    meaning:
      'The entry points into the middle of a cluster, so its data would straddle two. QEMU refuses the access and marks the image as corrupt.',
    repair: STAYS,
  },
  'l2-preallocated-unaligned': {
    title: 'Zero cluster off the cluster grid',
    meaning:
      'The guest reads zeros here, but the space kept for it starts in the middle of a cluster. A write to that space would fail.',
    repair: '"-r all" drops the bad offset: the guest goes on to read zeros.',
  },
  'compressed-copied': {
    title: 'Compressed cluster marked as copied',
    meaning:
      'The COPIED flag promises that the cluster may be written in place, which compressed data never may.',
    repair: STAYS,
  },
  'compressed-with-data-file': {
    title: 'Compressed cluster with a data file',
    meaning:
      'An image whose data lies in an external file cannot hold compressed clusters; the guest cannot read this one.',
    repair: STAYS,
  },
  'compressed-with-subclusters': {
    title: 'Compressed cluster with subclusters',
    meaning: 'Compressed clusters have no subclusters, yet the bitmap of the entry says otherwise.',
    repair: STAYS,
  },
  'subclusters-contradict': {
    title: 'Contradictory subclusters',
    meaning:
      'The same subcluster is said to hold data and to read as zeros. QEMU does not use such an entry: the guest gets an I/O error.',
    repair: STAYS,
  },
  'subclusters-unallocated': {
    title: 'Subclusters without a cluster',
    meaning:
      'Subclusters are marked as allocated, but the entry names no host cluster that could hold them. The guest gets an I/O error.',
    repair: STAYS,
  },
  'past-end': {
    title: 'Reference past the end of the file',
    meaning:
      'The entry points where the file has no bytes, as after a truncated copy. The guest reads zeros there, and the next clusters that QEMU allocates may be given out a second time.',
    repair: 'No repair mode removes the reference; a complete copy of the file would.',
  },
  'refcount-overflow': {
    title: 'More references than a refcount can tell',
    meaning:
      'The cluster is referred to more often than a refcount of this width can count, so nothing can tell when it becomes free.',
    repair: 'Not repaired: the image needs wider refcounts, as a converted copy can have.',
  },
  'snapshots-with-data-file': {
    title: 'Snapshots with a data file',
    meaning:
      'Internal snapshots cannot protect data in an external file: what they are meant to keep is overwritten by the guest.',
    repair: STAYS,
  },
  'snapshot-l1-unaligned': {
    title: 'Snapshot L1 table off the cluster grid',
    meaning:
      'The snapshot names an L1 table in the middle of a cluster. It cannot be loaded or deleted, and what only it refers to shows up as leaked.',
    repair: 'Not repaired. "-r leaks" would free the clusters of this snapshot for good.',
  },
  'snapshot-l1-too-large': {
    title: 'Snapshot L1 table too large',
    meaning:
      'The snapshot claims an L1 table longer than QEMU takes. It is not walked, so what only it refers to shows up as leaked.',
    repair: 'Not repaired. "-r leaks" would free the clusters of this snapshot for good.',
  },
  'snapshot-incomplete': {
    title: 'Incomplete snapshot entry',
    meaning:
      'Version 3 asks each snapshot for the size of its VM state and of its disk; this one was written without them.',
    repair:
      '"-r all" writes the snapshot table anew, with the sizes that an entry without them implies.',
  },
  'snapshot-table-unreadable': {
    title: 'Unreadable snapshot table',
    meaning:
      'The list of snapshots breaks off. QEMU opens the image only to check it, and clusters of the snapshots behind the break cannot be told from leaks.',
    repair: '"-r all" drops the snapshots that cannot be read, with everything only they hold.',
  },
  'bitmap-directory-unreadable': {
    title: 'Unreadable bitmap directory',
    meaning:
      'The list of persistent bitmaps breaks the format. QEMU refuses to open the image while its header says that the bitmaps are good.',
    repair: 'Not repaired: the check itself fails.',
  },
  'bitmap-table-invalid': {
    title: 'Invalid bitmap table entry',
    meaning:
      'An entry of a bitmap table has reserved bits set or names no whole cluster. The bitmap cannot be loaded; an incremental backup that relies on it is lost.',
    repair: 'Not repaired; removing the bitmap is the way out.',
  },
  'refcount-table-reserved-bits': {
    title: 'Reserved bits in the refcount table',
    meaning:
      'Bits are set that the format leaves unused, so the block is not trusted: all clusters that it counts look unreferenced.',
    repair: REBUILDS,
  },
  'refcount-block-unaligned': {
    title: 'Refcount block off the cluster grid',
    meaning:
      'The refcount table points into the middle of a cluster. Nothing is known of the clusters that this block should count.',
    repair: REBUILDS,
  },
  'refcount-block-outside': {
    title: 'Refcount block past the end of the file',
    meaning:
      'The block that counts a stretch of the file does not exist. QEMU would take the whole stretch for free and write over it.',
    repair: `"-r all" tries to lengthen the file so that the block exists; where that fails, it builds the refcounts anew.`,
  },
  'refcount-block-references': {
    title: 'Refcount block claimed by others',
    meaning:
      'Somebody else refers to the cluster of this refcount block too. The next refcount that changes destroys their data, or their write destroys the refcounts.',
    repair: REBUILDS,
  },
  'refcount-unreadable': {
    title: 'Unreadable refcount',
    meaning:
      'The refcount of the cluster lies in a block that cannot be read. Whether the cluster is in use cannot be told from the image.',
    repair: REBUILDS,
  },
  'refcount-too-low': {
    title: 'Refcount too low',
    meaning:
      'More structures refer to the cluster than its refcount knows of. QEMU may hand it out again, or free it too early, and then one owner writes over the other.',
    repair:
      '"-r all" raises the refcount. That stops further damage, but two owners of one cluster go on to share it.',
  },
  leak: {
    title: 'Leaked cluster',
    meaning:
      'The refcount is higher than the number of structures that refer to the cluster. It wastes space and harms nobody, unless what referred to it has been lost.',
    repair:
      '"-r leaks" lowers the refcount. Do that last: until then, lost data can still be found.',
  },
  'copied-l2-table': {
    title: 'COPIED flag of an L2 table contradicts its refcount',
    meaning:
      'The flag says whether the table may be changed in place. Set by mistake, a write changes what a snapshot sees; missing, it costs a needless copy.',
    repair: COPIED,
  },
  'copied-data': {
    title: 'COPIED flag of data contradicts its refcount',
    meaning:
      'The flag says whether the cluster may be written in place. Set by mistake, a guest write changes what a snapshot or another owner sees; missing, it costs a needless copy.',
    repair: COPIED,
  },
  'refcount-past-end': {
    title: 'Refcounts past the end of the file',
    meaning:
      'Clusters that the file does not have are counted as used: traces of a truncation. QEMU leaves them out when it allocates, so the file grows with holes.',
    repair: BEYOND,
  },
  'unguarded-overlap': {
    title: 'Overlap that nothing guards',
    meaning:
      'A cluster of bitmaps, of the encryption header or of VM state is claimed by something else too. None of the overlap checks covers these kinds, so a write goes through.',
    repair: BEYOND,
  },
  'not-a-table': {
    title: 'Contents that are no L2 table',
    meaning:
      'Most entries of this table are invalid: it has probably been overwritten by data, or the L1 entry points to the wrong place.',
    repair: BEYOND,
  },
  'lost-l2-table': {
    title: 'Lost L2 table',
    meaning:
      'A leaked cluster reads like an L2 table whose entries point at leaked clusters. The L1 entry that led to it was most likely overwritten; pointing one there again may bring the data back.',
    repair: '"-r leaks" would free the table and its data, and end the chance to rescue them.',
  },
  'bitmap-in-use': {
    title: 'Bitmap left in use',
    meaning:
      'A program wrote to the image and did not save the bitmap. What it says is out of date: a backup that goes by it would miss changes.',
    repair: BEYOND,
  },
  'repair-deletes-snapshots': {
    title: 'A repair would delete every snapshot',
    meaning:
      'A check that repairs opens the image without reading its snapshot table. On this image that opening writes the header anew, with no snapshots in it; then everything that only they held looks leaked and is freed. This happens to a healthy image too.',
    repair:
      'Do not run "-r leaks" or "-r all" on it as it is. Without "-r" the check changes nothing.',
  },
};

/** Whether a value names a kind of finding. */
export const isFindingCode = (value: unknown): value is FindingCode =>
  typeof value === 'string' && Object.hasOwn(EXPLANATIONS, value);

/** What a kind of finding means, for people who have to decide what to do about it. */
export const explain = (code: FindingCode): Explanation => EXPLANATIONS[code];
