import { BIT } from '../map/kinds.js';
import { blockOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import type { FindingList } from './findingList.js';
import type { References } from './references.js';
import type { UnreadClaims } from './unreadClaims.js';

/** The refcount blocks as clusters. */
export class RefcountBlocksCheck {
  readonly #image: MappableImage;
  readonly #references: References;
  readonly #claims: UnreadClaims;
  readonly #findings: FindingList;

  constructor(
    image: MappableImage,
    references: References,
    claims: UnreadClaims,
    findings: FindingList,
  ) {
    this.#image = image;
    this.#references = references;
    this.#claims = claims;
    this.#findings = findings;
  }

  /** The refcount blocks as clusters, last (check_refblocks). */
  count(): void {
    const { refcountTable } = this.#image;
    const { clusterSize } = this.#image.geometry;
    for (let index = 0; index < refcountTable.present; index++) {
      const high = refcountTable.high(index);
      const low = refcountTable.low(index);
      if (high === 0 && low === 0) continue;
      const offset = blockOffset(high, low);
      const entryOffset = refcountTable.entryOffset(index);
      const owner = { type: 'refcount-block', index, entryOffset } as const;
      const at = {
        severity: 'corruption',
        offset: entryOffset,
        cluster: Math.floor(entryOffset / clusterSize),
        owner,
      } as const;
      if ((low & 0x1ff) !== 0) {
        this.#findings.add({
          ...at,
          code: 'refcount-table-reserved-bits',
          message: `ERROR refcount table entry ${index} has reserved bits set`,
        });
        const unreadable = 'its entry has reserved bits set';
        this.#claims.add({ ...owner, unreadable }, offset, clusterSize);
        continue;
      }
      if ((low & (clusterSize - 1)) !== 0) {
        this.#findings.add({
          ...at,
          code: 'refcount-block-unaligned',
          message: `ERROR refcount block ${index} is not cluster aligned; refcount table entry corrupted`,
        });
        this.#claims.add({ ...owner, unreadable: 'it is not cluster aligned' }, offset, 1);
        continue;
      }
      const cluster = offset / clusterSize;
      if (cluster >= this.#references.clusters) {
        this.#findings.add({
          ...at,
          code: 'refcount-block-outside',
          message: `ERROR refcount block ${index} is outside image`,
        });
        continue;
      }
      this.#references.count(offset, clusterSize, BIT.refcountBlock, () => owner);
      const references = this.#references.exact(cluster);
      if (references !== 1)
        this.#findings.add({
          severity: 'corruption',
          code: 'refcount-block-references',
          offset,
          cluster,
          message: `ERROR refcount block ${index} refcount=${references}`,
          owner,
        });
    }
  }
}
