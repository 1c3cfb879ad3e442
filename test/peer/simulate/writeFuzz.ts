import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Random } from '../../images/random.js';
import { Bases } from '../bases.js';
import { compareWrites, type Verdict } from './compareWrites.js';
import { randomOpening } from './randomOpening.js';
import { randomOperations } from './randomOperations.js';
import { shrinkCase } from './shrinkCase.js';
import type { SimulationCase } from './simulationCase.js';
import { Workspace } from './workspace.js';
import { writeDamage } from './writeDamage.js';
import { writeImages } from './writeImages.js';
import { writePlaces, type WritePlaces } from './writePlaces.js';

/** Different disagreements that are shrunk; the rest is counted. */
const MAX_SHRUNK = 20;
/** Of QEMU's own images: what is encrypted, or too large to be quick. */
const NOT_WRITTEN = /luks|2097152|falloc|full/;

export interface Disagreement {
  readonly number: number;
  /** Shrunk. */
  readonly simulation: SimulationCase;
  readonly differences: readonly string[];
}

/** Random operations on random images, by QEMU and by the simulator, and what came of them. */
export class WriteFuzz {
  readonly disagreements: Disagreement[] = [];
  readonly #folder: string;
  readonly #bases: Bases;
  readonly #names: readonly string[];
  readonly #workspaces = new Map<string, Workspace>();
  readonly #places = new Map<string, WritePlaces>();
  readonly #outcomes = new Map<string, number>();
  readonly #shapes = new Set<string>();
  readonly #messageShapes = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#bases = new Bases(folder, writeImages());
    this.#names = this.#bases.names.filter((name) => !NOT_WRITTEN.test(name));
  }

  /** Cases `0` to `count - 1` of a seed. */
  async run(seed: number, count: number): Promise<void> {
    for (let number = 0; number < count; number++) {
      await this.one(seed, number);
      // Lets whoever watches this process get a word in.
      await setImmediate();
    }
  }

  /** One case by itself, which is the same in every run of the seed. */
  async one(seed: number, number: number): Promise<void> {
    const simulation = this.randomCase(seed, number);
    const verdict = this.verdict(simulation);
    switch (verdict.type) {
      case 'agreed':
        if (verdict.isRepaired) this.#count('agreed, repaired when opened');
        else this.#count(verdict.qemu.isOpened ? 'agreed' : 'agreed, refused');
        for (const message of verdict.qemu.answers.flatMap((answer) => answer.messages)) {
          this.#messageShapes.add(shapeOf(message));
        }
        return;
      case 'left-out':
        this.#count(`left out, ${shapeOf(verdict.rule)}`);
        return;
      case 'disagreed':
        this.#count('disagreed');
        await this.#disagreed(number, simulation, verdict.differences);
    }
  }

  randomCase(seed: number, number: number): SimulationCase {
    const random = new Random(seed + number * 0x9e3779b1);
    const base = random.pick(this.#names);
    const places = this.#placesOf(base);
    return {
      base,
      damage: writeDamage(random, places),
      opening: randomOpening(random, places.clusterSize),
      operations: randomOperations(random, places),
    };
  }

  verdict(simulation: SimulationCase): Verdict {
    return compareWrites(this.#workspace(simulation.base), simulation);
  }

  summary(): string {
    const outcomes = [...this.#outcomes].sort().map(([what, count]) => `${what}: ${String(count)}`);
    return [...outcomes, `${String(this.#messageShapes.size)} kinds of messages`].join('\n');
  }

  /** Shrinks a case that shows a difference not seen before. */
  async #disagreed(
    number: number,
    simulation: SimulationCase,
    differences: readonly string[],
  ): Promise<void> {
    const shape = shapeOf(differences[0]);
    if (this.#shapes.has(shape) || this.disagreements.length >= MAX_SHRUNK) return;
    this.#shapes.add(shape);
    const smallest = await shrinkCase(simulation, (candidate) => {
      const verdict = this.verdict(candidate);
      return verdict.type === 'disagreed' && shapeOf(verdict.differences[0]) === shape;
    });
    const verdict = this.verdict(smallest);
    this.disagreements.push({
      number,
      simulation: smallest,
      differences: verdict.type === 'disagreed' ? verdict.differences : ['cannot be repeated'],
    });
  }

  #count(outcome: string): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
  }

  #workspace(name: string): Workspace {
    const known =
      this.#workspaces.get(name) ??
      new Workspace(this.#bases.get(name), join(this.#folder, `workspace-${name}`));
    this.#workspaces.set(name, known);
    return known;
  }

  #placesOf(name: string): WritePlaces {
    const known = this.#places.get(name) ?? writePlaces(this.#bases.get(name));
    this.#places.set(name, known);
    return known;
  }
}

/** A message without its numbers. */
function shapeOf(message: string): string {
  return message.replace(/\b(0x)?[0-9a-f]*[0-9][0-9a-f]*\b/g, 'N');
}
