import { type ClusterMark, TOUCHES } from '../../../src/core/simulate/verdict/marks.js';

/** The order in which marks hide each other. */
export const weight = ({ touch }: ClusterMark): number => TOUCHES.indexOf(touch);

/** The weightiest mark on a range of clusters, for the line of text at the pointer. */
export function markAt(
  marks: readonly ClusterMark[],
  cluster: number,
  clusters: number,
): ClusterMark | undefined {
  let found: ClusterMark | undefined;
  for (const mark of marks) {
    if (mark.cluster >= cluster + clusters || mark.cluster + mark.clusters <= cluster) continue;
    if (!found || weight(mark) > weight(found)) found = mark;
  }
  return found;
}
