import { BIT } from '../../../map/kinds.js';
import type { TypeSet } from '../../../overlap/types.js';
import type { Driver } from '../driver.js';
import { RequestError } from '../../copy/failure.js';
import type { HostWriteKind } from '../../copy/operation.js';
import type { WriteKind } from '../../copy/outcome.js';
import { UNKNOWN } from '../../copy/overlay.js';

/** How QEMU writes a structure: under which name, checked or not, and with which types ignored. */
interface Manner {
  readonly what: WriteKind;
  readonly checked: boolean;
  readonly ignore: TypeSet;
}

const MANNERS: Readonly<Record<HostWriteKind, Manner>> = {
  'main-header': { what: 'header', checked: false, ignore: BIT.mainHeader },
  'active-l1': { what: 'L1 entry', checked: true, ignore: BIT.activeL1 },
  'active-l2': { what: 'L2 slice', checked: true, ignore: BIT.activeL2 },
  'refcount-table': { what: 'refcount table', checked: false, ignore: BIT.refcountTable },
  'refcount-block': { what: 'refcount block', checked: true, ignore: BIT.refcountBlock },
  'snapshot-table': { what: 'snapshot table', checked: true, ignore: 0 },
  'inactive-l1': { what: 'snapshot L1 table', checked: true, ignore: 0 },
  'inactive-l2': { what: 'L2 table', checked: true, ignore: BIT.inactiveL2 | BIT.activeL2 },
  'bitmap-directory': { what: 'bitmap directory', checked: true, ignore: BIT.bitmapDirectory },
  data: { what: 'guest data', checked: true, ignore: 0 },
};

/** What if QEMU wrote a structure of this kind at this place in the file? Its contents are not known. */
export function writeHost(
  driver: Driver,
  kind: HostWriteKind,
  offset: number,
  length: number,
): void {
  if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
  const { what, checked, ignore } = MANNERS[kind];
  const parts = [{ length, content: UNKNOWN }];
  if (length === 0) return;
  if (checked) driver.file.writeChecked(what, ignore, offset, parts);
  else driver.file.writeUnchecked(what, ignore, offset, parts);
}
