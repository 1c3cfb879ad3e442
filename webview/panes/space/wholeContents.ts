import type { DiskContents } from '../../../src/core/space/diskContents.js';
import type { KnownSpace } from '../../parts/whatIf.js';
import type { Store } from '../../state/store.js';

/** What the whole disk holds, through the backing chain if there is one and it has been read. */
export function wholeContents(store: Store, { contents }: KnownSpace): DiskContents | undefined {
  if (store.geometry.value?.backingFile === undefined) return contents;
  const chain = store.chain.value;
  return chain?.state === 'known' ? chain.contents : undefined;
}
