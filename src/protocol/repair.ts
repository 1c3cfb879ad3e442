import type { ChangeKind } from '../core/repair/changes.js';
import type { ChangeRow } from '../core/repair/changeRows.js';
import type { RepairCost } from '../core/repair/cost/cost.js';
import type { RepairLeft, RepairVerdict } from '../core/repair/cost/verdict.js';
import type { RepairStep } from '../core/repair/repairSteps.js';
import type { RepairMode } from '../core/repair/mode.js';
import type { HostCluster } from '../core/units.js';

/** What one of QEMU's repairs would do. */
export interface PreviewedRepair {
  readonly mode: RepairMode;
  readonly verdict: RepairVerdict;
  /** Undefined when QEMU crashes, or nobody can say. */
  readonly exitCode: number | undefined;
  readonly fixed: { readonly corruptions: number; readonly leaks: number };
  readonly left: RepairLeft;
  readonly rebuilt: boolean;
  readonly cost: RepairCost | undefined;
  /** stderr, the first lines. */
  readonly messages: readonly string[];
  readonly messageCount: number;
  readonly doubts: readonly string[];
  /** In QEMU's order; the first ones of each kind. */
  readonly changes: readonly ChangeRow[];
  /** All changes, those that are not told too; of freed clusters: clusters. */
  readonly totals: readonly (readonly [ChangeKind, number])[];
  /** What it writes, in QEMU's order; the first steps. */
  readonly steps: readonly RepairStep[];
  readonly stepCount: number;
  readonly fileLength: { readonly before: number; readonly after: number };
}

/** What both would do. To be asked again while it is computing. */
export type RepairsAnswer =
  /** Part of the whole done, 0 … 1; the scan comes first. */
  | { readonly state: 'computing'; readonly done: number }
  | {
      readonly state: 'previewed';
      readonly now: {
        readonly twoOwners: number;
        /** One of the clusters, to be shown. */
        readonly cluster: HostCluster | undefined;
      };
      readonly repairs: Readonly<Record<RepairMode, PreviewedRepair>>;
    }
  | { readonly state: 'failed'; readonly message: string };
