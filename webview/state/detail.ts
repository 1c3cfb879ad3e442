import type { ClusterDetail } from '../../src/protocol/imageService.js';

/** What is known of the selected cluster. */
export type Detail =
  | { readonly state: 'none' }
  | { readonly state: 'loading'; readonly cluster: number }
  | { readonly state: 'known'; readonly detail: ClusterDetail }
  | { readonly state: 'failed'; readonly cluster: number; readonly error: string };
