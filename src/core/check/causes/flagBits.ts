import { readBytes } from '../../byteSource.js';
import { hex } from '../../bytes.js';
import { describeOwner } from '../../map/owner.js';
import type { Evidence, StrayBit } from './evidence.js';
import type { Step } from './cause.js';
import type { CauseRule } from './rule.js';
import { countText, plural } from '../../numbers.js';
import { capital, CHECK_COPY, COPY, NO_LEAKS_REPAIR, NO_REPAIR, NO_VM, pokeStep } from './words.js';

/** Entries mended by a command; more make no line that anybody would paste. */
const MAX_MENDED = 32;

/** Entries that are right but for one bit. */
export const flagBits: CauseRule = {
  suspects(evidence) {
    const { strayBits, strayLeaks, faults } = evidence;
    const count = faults.get('stray-bit') ?? 0;
    if (count === 0) return [];
    return [
      {
        id: 'flag-bits',
        groups: [strayLeaks],
        faults: ['stray-bit'],
        tell: () => {
          const [first] = strayBits;
          const owner = first.finding.owner;
          const what = owner ? capital(describeOwner(owner)) : 'An entry';
          return {
            severity: 'damage',
            title:
              count === 1
                ? `One bit too many: ${what}`
                : `${countText(count)} entries have one bit too many`,
            explanation:
              'A bit is set that must not be, and without it the entry points to a cluster whose refcount waits for just that entry. A fault of memory or of the disk flips single bits; the data itself is most likely whole.',
            doNext:
              strayBits.length <= MAX_MENDED
                ? [COPY, mend(evidence, strayBits), CHECK_COPY]
                : [
                    COPY,
                    { text: 'Clear the bits in the copy, entry by entry', command: undefined },
                  ],
            doNot: [
              NO_VM,
              strayLeaks.findings > 0
                ? NO_LEAKS_REPAIR('Free the leaked clusters: the entries belong to them')
                : NO_REPAIR('Repair it: no repair clears such bits'),
            ],
            clusterToShow: first.finding.cluster,
          };
        },
      },
    ];
  },
};

function mend({ image }: Evidence, strayBits: readonly StrayBit[]): Step {
  const writes = new Map<number, number>();
  for (const { entryOffset, bit } of strayBits) {
    const offset = entryOffset + 7 - Math.floor(bit / 8);
    const byte = writes.get(offset) ?? readBytes(image.source, offset, 1)[0];
    writes.set(offset, byte & ~(1 << (bit % 8)));
  }
  return pokeStep(
    `Clear ${plural(strayBits.length, 'bit')} in the copy; the first is bit ${strayBits[0].bit} of the entry at ${hex(strayBits[0].entryOffset)}`,
    writes,
  );
}
