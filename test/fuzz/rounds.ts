import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandsFor } from '../../src/cli/commands.js';
import { FuzzBases } from './bases.js';
import { caseOf, type FuzzCase } from './cases.js';
import { Ordeal, type Verdict } from './ordeal.js';
import { logsOf } from './texts.js';

/** What many cases came to. */
export interface Outcome {
  /** As JSON, with what was wrong; the first of each kind. */
  readonly faults: string[];
  readonly endings: Map<string, number>;
  readonly errors: Map<string, number>;
  /** Of the slowest case, ms of processor time. */
  slowest: number;
}

const count = (counts: Map<string, number>, what: string): void => {
  counts.set(what, (counts.get(what) ?? 0) + 1);
};

/** Makes and runs cases; `samples`: the folder of the logs of other programs. */
export class Rounds {
  readonly outcome: Outcome = { faults: [], endings: new Map(), errors: new Map(), slowest: 0 };
  readonly #bases = new FuzzBases();
  readonly #commands;
  readonly #logs;
  readonly #folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-fuzz-'));
  readonly #ordeal: Ordeal;
  readonly #kinds = new Set<string>();

  private constructor(commands: Awaited<ReturnType<typeof commandsFor>>, samples: string) {
    this.#commands = commands;
    this.#logs = logsOf(samples);
    this.#ordeal = new Ordeal(this.#folder, this.#bases, commands);
  }

  static async open(samples: string): Promise<Rounds> {
    return new Rounds(await commandsFor(undefined), samples);
  }

  /** The cases [first, end) of a seed. */
  async run(seed: number, first: number, end: number): Promise<void> {
    const drawing = { bases: this.#bases, commands: this.#commands, logs: this.#logs };
    for (let number = first; number < end; number++) {
      const drawn = caseOf(seed, number, drawing);
      const verdict = await this.one(drawn);
      const { outcome } = this;
      outcome.slowest = Math.max(outcome.slowest, verdict.time);
      count(outcome.endings, verdict.ending);
      for (const error of verdict.errors) count(outcome.errors, error);
      for (const fault of verdict.faults) {
        const kind = fault.replace(/[0-9]+/g, 'N').slice(0, 300);
        if (this.#kinds.has(kind)) continue;
        this.#kinds.add(kind);
        outcome.faults.push(`case ${number} of ${seed}: ${fault}\n${JSON.stringify(drawn)}`);
      }
    }
  }

  one(drawn: FuzzCase): Promise<Verdict> {
    return this.#ordeal.run(drawn);
  }

  close(): void {
    this.#ordeal.close();
    rmSync(this.#folder, { recursive: true });
  }
}
