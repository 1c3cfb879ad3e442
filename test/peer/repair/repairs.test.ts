import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Random } from '../../images/random.js';
import { Bases } from '../bases.js';
import { randomDamage } from '../damage.js';
import { temporaryFolder } from '../qemu.js';
import { qemuVersion, versionText } from '../qemuVersion.js';
import { formatRegression, parseRegression } from '../regression.js';
import { SEED } from '../seed.js';
import { shrink } from '../shrink.js';
import type { Damage } from '../slot.js';
import { survey, type Survey } from '../survey.js';
import { compareRepairs, describeRepair, type RepairVerdict } from './compareRepairs.js';
import { RepairSlot } from './repairSlot.js';

/** Damaged images, each repaired in both modes; of so many cases as for the checks three quarters. */
const CASES = Math.ceil(Number(process.env.QCOW2_PEER_CASES ?? 2000) * 0.375);
const MODES = ['leaks', 'all'] as const;
const LANES = 2;
/** Of so many cases one is repaired for people, with text instead of JSON. */
const AS_TEXT = 5;
const MAX_KEPT = 20;
const REGRESSIONS = join(import.meta.dirname, 'regressions');

const folder = temporaryFolder();
const bases = new Bases(folder.path);
afterAll(() => {
  folder.remove();
});

describe('our repair and qemu-img check -r', () => {
  test.for(readdirSync(REGRESSIONS).filter((name) => name.endsWith('.json')))(
    'agree again on %s',
    async (name) => {
      const { base, damage } = parseRegression(readFileSync(join(REGRESSIONS, name), 'utf8'));
      const slot = new RepairSlot(bases.get(base), join(folder.path, `regression-${name}`));
      slot.apply(damage);
      for (const mode of MODES) {
        const verdict = await compareRepairs(slot, mode, false);
        expect(`-r ${mode}: ${describeRepair(verdict)}`).toMatch(
          /: (agreed|left out: cannot be foretold)$/,
        );
      }
      slot.close();
    },
  );

  test(
    `agree on ${CASES} damaged images in both modes`,
    async () => {
      console.log(`qemu-img ${versionText(qemuVersion())}, QCOW2_PEER_SEED=${SEED}`);
      const run = new RepairFuzz();
      await Promise.all(Array.from({ length: LANES }, (_, lane) => run.lane(lane)));
      console.log(run.summary());
      expect(run.disagreements.join('\n')).toBe('');
    },
    24 * 3600 * 1000,
  );
});

class RepairFuzz {
  readonly disagreements: string[] = [];
  readonly #surveys = new Map<string, Survey>();
  readonly #outcomes = new Map<string, number>();
  readonly #messages = new Set<string>();
  readonly #shapes = new Set<string>();
  readonly #notes: string[] = [];
  #next = 0;

  /** Takes case after case until none is left. */
  async lane(lane: number): Promise<void> {
    const slots = new Map<string, RepairSlot>();
    while (this.#next < CASES) {
      const number = this.#next++;
      const random = new Random(SEED + number * 0x9e3779b1);
      const name = random.pick(bases.names);
      const slot =
        slots.get(name) ??
        new RepairSlot(bases.get(name), join(folder.path, `lane-${lane}-${name}`));
      slots.set(name, slot);
      const damage = randomDamage(random, this.#survey(name));
      slot.apply(damage);
      for (const mode of MODES) {
        const verdict = await compareRepairs(slot, mode, number % AS_TEXT === 0);
        if (verdict.type !== 'disagreed') this.#note(number, slot, damage, verdict);
        else {
          slot.heal();
          await this.#disagreed(number, slot, damage, verdict.differences);
          slot.apply(damage);
        }
      }
      slot.heal();
    }
    for (const slot of slots.values()) slot.close();
  }

  summary(): string {
    const outcomes = [...this.#outcomes].sort().map(([what, count]) => `${what}: ${count}`);
    return [...outcomes, `${this.#messages.size} kinds of messages`, ...this.#notes].join('\n');
  }

  #note(
    number: number,
    slot: RepairSlot,
    damage: Damage,
    verdict: Exclude<RepairVerdict, { type: 'disagreed' }>,
  ): void {
    if (verdict.type === 'left-out') {
      this.#count(`left out, ${verdict.rule}`);
      if (!/qemu-img|foretold|memory/.test(verdict.rule)) return;
      const regression = JSON.stringify({ base: slot.base.name, damage });
      this.#notes.push(`case ${number}, ${verdict.rule}: ${regression}`);
      return;
    }
    const { ours, qemu } = verdict;
    const changed = ours.isChanged ? 'changed' : 'unchanged';
    const how = ours.rebuilt ? ', rebuilt' : '';
    this.#count(`agreed, ${ours.mode}, exit code ${qemu.exitCode}, ${changed}${how}`);
    for (const message of qemu.messages) this.#messages.add(shapeOf(message));
  }

  /** Shrinks and keeps a case that shows a difference not seen before. */
  async #disagreed(
    number: number,
    slot: RepairSlot,
    damage: Damage,
    differences: readonly string[],
  ): Promise<void> {
    this.#count('disagreed');
    const fresh = new Set(differences.map(shapeOf).filter((shape) => !this.#shapes.has(shape)));
    if (fresh.size === 0 || this.disagreements.length >= MAX_KEPT) return;
    for (const shape of fresh) this.#shapes.add(shape);
    const told = async (candidate: Damage): Promise<string[]> => {
      slot.apply(candidate);
      const all: string[] = [];
      for (const mode of MODES) {
        const verdict = await compareRepairs(slot, mode, false);
        if (verdict.type === 'disagreed')
          all.push(...verdict.differences.map((line) => `-r ${mode}: ${line}`));
      }
      slot.heal();
      return all;
    };
    const smallest = await shrink(damage, async (candidate) =>
      (await told(candidate)).some((line) => fresh.has(shapeOf(line.replace(/^-r \w+: /, '')))),
    );
    const lines = await told(smallest);
    const text = formatRegression({ base: slot.base.name, damage: smallest });
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
    const name = `${slot.base.name}-${hash}.json`;
    writeFileSync(join(REGRESSIONS, name), text);
    this.disagreements.push([`case ${number}: ${name}`, ...lines.slice(0, 12)].join('\n  '));
  }

  #count(outcome: string): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
  }

  #survey(name: string): Survey {
    const known = this.#surveys.get(name) ?? survey(bases.get(name).file);
    this.#surveys.set(name, known);
    return known;
  }
}

/** A message without its numbers and names. */
function shapeOf(message: string): string {
  return message.replace(/'[^']*'/g, "'…'").replace(/\b(0x)?[0-9a-f_]*[0-9][0-9a-f_]*\b/g, 'N');
}
