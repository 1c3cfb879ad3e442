import type { Cause, CauseId, Diagnosis } from '../../../../src/core/check/causes/cause.js';
import { diagnose } from '../../../../src/core/check/causes/diagnose.js';
import { isMappable } from '../../../../src/core/qcow2/image.js';
import type { SparseFile } from '../../../images/pieces.js';
import { opened, scanned } from '../../opened.js';

/** The diagnosis of an image, as any of the faces would have it. */
export function diagnosed(file: SparseFile, fileName = 'disk.qcow2'): Diagnosis {
  const image = opened(file);
  const scan = isMappable(image) ? scanned(file) : undefined;
  const steps = diagnose(scan?.image ?? image, scan, fileName);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

export const idsOf = ({ causes }: Diagnosis): CauseId[] => causes.map(({ id }) => id);

/** The only cause of its kind; throws when it is not there. */
export function causeOf({ causes }: Diagnosis, id: CauseId): Cause {
  const found = causes.filter((cause) => cause.id === id);
  if (found.length !== 1)
    throw new Error(
      `${found.length} causes of ${id} in ${JSON.stringify(causes.map((cause) => cause.title))}`,
    );
  return found[0];
}
