import { DEFAULT_MEMORY } from '../check/scan.js';
import { Budget } from '../map/budget.js';
import type { ParseResult } from '../size.js';
import { errnoText, RequestError } from '../simulate/copy/failure.js';
import type { Driver } from '../simulate/driver/driver.js';
import type { Work } from '../work.js';
import { ChangeList } from './changes.js';
import { passErrnoText, PassFailed } from './counts.js';
import { fixingOf } from './mode.js';
import { checkOnce } from './pass.js';
import type { RepairedFirst } from './repairedFirst.js';
import type { RepairCopy } from './repairCopy.js';
import { LINUX_FILE_SYSTEM } from './repairState.js';

/** What opening a dirty image for writing has repaired. */
export interface OpeningRepair extends RepairedFirst {
  readonly changes: ChangeList;
}

/**
 * The repair that QEMU does, last of all, when it opens a dirty image for writing (qcow2_do_open): one pass
 * that mends all it can. The image opens though corruptions are left, and then stays dirty until it is
 * closed. The result is QEMU's refusal otherwise. Throws BudgetError.
 *
 * @param copy what the driver writes to
 */
export function* repairDirty(driver: Driver, copy: RepairCopy): Work<ParseResult<OpeningRepair>> {
  const { recorder } = driver;
  const refuse = (reason: string) =>
    ({ ok: false, message: `Could not repair dirty image: ${reason}` }) as const;
  const changes = new ChangeList();
  recorder.isPatient = true;
  try {
    const { counts, rebuilt } = yield* checkOnce(
      {
        driver,
        copy,
        recorder,
        changes,
        budget: new Budget(DEFAULT_MEMORY),
        fileSystem: LINUX_FILE_SYSTEM,
        keepsCaches: true,
      },
      fixingOf('all'),
    );
    if (counts.checkErrors > 0) return refuse(errnoText('EIO'));
    const { corruptionsFixed, leaksFixed, corruptions } = counts;
    const fixed = { corruptions: corruptionsFixed, leaks: leaksFixed };
    return { ok: true, value: { fixed, corruptions, rebuilt, changes } };
  } catch (error) {
    if (error instanceof PassFailed) return refuse(passErrnoText(error.errno));
    if (error instanceof RequestError) return refuse(error.message);
    throw error;
  } finally {
    recorder.isPatient = false;
  }
}
