import { afterAll, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../images/random.js';
import { Bases } from './bases.js';
import { compareChecks, type Verdict } from './compare.js';
import { randomDamage } from './damage.js';
import { temporaryFolder } from './qemu.js';
import { qemuVersion, versionText } from './qemuVersion.js';
import { formatRegression } from './regression.js';
import { shrink } from './shrink.js';
import { Slot, type Damage } from './slot.js';
import { survey, type Survey } from './survey.js';
import { SEED } from './seed.js';

const CASES = Number(process.env.QCOW2_PEER_CASES ?? 2000);
/** Cases checked at the same time, each in copies of its own. */
const LANES = 3;
/** Of so many cases one has its text compared too, which takes another run of qemu-img. */
const WITH_TEXT = 4;
/** Different disagreements that are shrunk and kept; the rest is counted. */
const MAX_KEPT = 20;
const REGRESSIONS = join(import.meta.dirname, 'regressions');

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

test(
  `our check and qemu-img check agree on ${String(CASES)} damaged images`,
  async () => {
    console.log(`qemu-img ${versionText(qemuVersion())}, QCOW2_PEER_SEED=${String(SEED)}`);
    const run = new FuzzRun();
    const lanes = Array.from({ length: LANES }, (_, lane) => run.lane(lane));
    await Promise.all(lanes);
    console.log(run.summary());
    expect(run.disagreements.join('\n')).toBe('');
  },
  24 * 3600 * 1000,
);

/** All cases of one run, and what came of them. */
class FuzzRun {
  readonly disagreements: string[] = [];
  readonly #bases = new Bases(folder.path);
  readonly #surveys = new Map<string, Survey>();
  readonly #outcomes = new Map<string, number>();
  readonly #shapes = new Set<string>();
  readonly #messageShapes = new Set<string>();
  /** Cases on which qemu-img itself fails, to look at. */
  readonly #notes: string[] = [];
  #next = 0;

  /** Takes case after case until none is left. */
  async lane(lane: number): Promise<void> {
    const slots = new Map<string, Slot>();
    while (this.#next < CASES) {
      const number = this.#next++;
      const random = new Random(SEED + number * 0x9e3779b1);
      const name = random.pick(this.#bases.names);
      const slot = slots.get(name) ?? this.#slot(name, lane);
      slots.set(name, slot);
      const damage = randomDamage(random, this.#survey(name));
      const verdict = await damaged(slot, damage, number % WITH_TEXT === 0);
      await this.#record(number, slot, damage, verdict);
    }
    for (const slot of slots.values()) slot.close();
  }

  summary(): string {
    const outcomes = [...this.#outcomes].sort().map(([what, count]) => `${what}: ${String(count)}`);
    const kinds = `${String(this.#messageShapes.size)} kinds of messages`;
    return [...outcomes, kinds, ...this.#notes].join('\n');
  }

  async #record(number: number, slot: Slot, damage: Damage, verdict: Verdict): Promise<void> {
    switch (verdict.type) {
      case 'agreed':
        this.#count(`agreed, exit code ${String(verdict.qemu.exitCode)}`);
        for (const message of verdict.qemu.messages) this.#messageShapes.add(shapeOf(message));
        return;
      case 'left-out':
        this.#count(`left out, ${verdict.rule}`);
        if (verdict.rule === 'qemu-img crashed' || verdict.rule === 'qemu-img timed out') {
          const regression = formatRegression({ base: slot.base.name, damage });
          this.#notes.push(`case ${String(number)}, ${verdict.rule}: ${regression}`);
        }
        return;
      case 'disagreed':
        this.#count('disagreed');
        await this.#disagreed(number, slot, damage, verdict.differences);
    }
  }

  /** Shrinks and keeps a case that shows a difference not seen before. */
  async #disagreed(
    number: number,
    slot: Slot,
    damage: Damage,
    differences: readonly string[],
  ): Promise<void> {
    const fresh = new Set(differences.map(shapeOf).filter((shape) => !this.#shapes.has(shape)));
    if (fresh.size === 0 || this.disagreements.length >= MAX_KEPT) return;
    for (const shape of fresh) this.#shapes.add(shape);
    const isFresh = (verdict: Verdict): boolean =>
      verdict.type === 'disagreed' && verdict.differences.map(shapeOf).some((s) => fresh.has(s));
    const smallest = await shrink(damage, async (candidate) =>
      isFresh(await damaged(slot, candidate)),
    );
    const verdict = await damaged(slot, smallest);
    this.disagreements.push(
      verdict.type === 'disagreed'
        ? keep(number, slot, smallest, verdict.differences)
        : [`case ${String(number)}, which cannot be repeated:`, ...differences].join('\n  '),
    );
  }

  #count(outcome: string): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
  }

  #slot(name: string, lane: number): Slot {
    return new Slot(this.#bases.get(name), join(folder.path, `lane-${String(lane)}-${name}`));
  }

  #survey(name: string): Survey {
    const known = this.#surveys.get(name) ?? survey(this.#bases.get(name).file);
    this.#surveys.set(name, known);
    return known;
  }
}

async function damaged(slot: Slot, damage: Damage, withText = true): Promise<Verdict> {
  slot.apply(damage);
  try {
    return await compareChecks(slot, withText);
  } finally {
    slot.heal();
  }
}

/** Writes a failing case where `check.test.ts` replays it, and tells about it. */
function keep(number: number, slot: Slot, damage: Damage, differences: readonly string[]): string {
  const text = formatRegression({ base: slot.base.name, damage });
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const name = `${slot.base.name}-${hash}.json`;
  writeFileSync(join(REGRESSIONS, name), text);
  return [`case ${String(number)}: ${name}`, ...differences.slice(0, 12)].join('\n  ');
}

/** A message without its numbers and names. */
function shapeOf(message: string): string {
  return message.replace(/'[^']*'/g, "'…'").replace(/\b(0x)?[0-9a-f_]*[0-9][0-9a-f_]*\b/g, 'N');
}
