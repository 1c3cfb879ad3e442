import { hex } from '../../bytes.js';
import type { Kind } from '../../map/kinds.js';
import type { Disagreement } from './disagreement.js';

const HOW: Readonly<Record<'lost' | 'dropped' | 'refused', string>> = {
  lost: 'memory was refused when metadata was entered there',
  dropped: 'memory was refused when something was removed there, and all of it was forgotten',
  refused: 'memory was refused for the check itself, which then answers “clean”',
};

/** The reason in a sentence. `nameOf` names a type in running text. */
export function disagreementText(
  { reason, offset }: Disagreement,
  nameOf: (kind: Kind) => string,
): string {
  switch (reason.type) {
    case 'unknown-type':
      return `The structures do not cover the ${nameOf(reason.kind)}: the type is younger than the series.`;
    case 'unprotected':
      return `Window ${reason.window} is unprotected: ${HOW[reason.how]}.`;
    case 'under-covered':
      return `The structures hold only the first 40 bytes a snapshot of the snapshot table: ${hex(offset)} lies behind them.`;
    case 'not-entered':
      return `The structures were never told of the ${nameOf(reason.kind)} at ${hex(offset)}: they ignore what lies off the cluster grid.`;
    case 'stale':
      return reason.operation === undefined
        ? `The structures still hold an ${nameOf(reason.kind)} at ${hex(offset)}, where there is none any more.`
        : `A stale flag: operation ${reason.operation + 1} moved the ${nameOf(reason.kind)} away from ${hex(offset)}, and the series forgets to remove it.`;
    case 'order':
      return `Several types lie there: QEMU names the ${nameOf(reason.today)} first, the structures the ${nameOf(reason.structures)}.`;
  }
}
