import type { ParseResult } from '../size.js';
import type { Pattern, PatternName } from './pattern.js';
import { Random } from './random.js';
import { KIND, type RequestBatch } from './request.js';
import { Zipf } from './zipf.js';

/** Blocks that are told apart: more would not be exact below. */
const MAX_BLOCKS = 2 ** 32;
/** Scatters ranks over the blocks: a prime, so that a step of it meets all of any smaller number. */
const SCATTER = 1_299_709;

/** Part of a database's range that is its log. */
const LOG_SHARE = 64;
/** Page writes of a database between two flushes of its log. */
const LOG_EVERY = 8;

/** The requests of a pattern on a disk, some at a time. */
export class PatternSource {
  readonly pattern: Pattern;
  #left: number;
  readonly #start: number;
  readonly #end: number;
  readonly #blocks: number;
  readonly #random: Random;
  readonly #zipf: Zipf;
  #next = 0;
  #log = 0;
  #sinceLog = 0;
  #runLeft = 0;
  #run = 0;

  private constructor(pattern: Pattern, start: number, end: number) {
    this.pattern = pattern;
    this.#start = start;
    this.#end = end;
    this.#blocks = Math.min(MAX_BLOCKS, Math.floor((end - start) / pattern.block));
    this.#left = pattern.ops;
    this.#random = new Random(pattern.seed);
    this.#zipf = new Zipf(this.#blocks, pattern.theta);
  }

  /** Not ok when the disk has no room for it. */
  static on(pattern: Pattern, diskSize: number): ParseResult<PatternSource> {
    const end = Math.min(diskSize, pattern.offset + (pattern.size ?? diskSize));
    const room = end - pattern.offset;
    if (room < pattern.block || (pattern.name === 'database' && room < LOG_SHARE * pattern.block))
      return {
        ok: false,
        message: `pattern ${pattern.name}: the disk has ${Math.max(0, room)} bytes from ${pattern.offset} on, too few for blocks of ${pattern.block}`,
      };
    return { ok: true, value: new PatternSource(pattern, pattern.offset, end) };
  }

  /** Adds the next requests, at most so many; false when there are no more. */
  fill(batch: RequestBatch, most: number): boolean {
    const count = Math.min(most, this.#left);
    for (let i = 0; i < count; i++) this.#add(batch, this.pattern.name);
    this.#left -= count;
    return count > 0;
  }

  #add(batch: RequestBatch, name: PatternName): void {
    const { block, stride, heat } = this.pattern;
    switch (name) {
      case 'sequential':
        this.#block(batch, this.#next++ % this.#blocks);
        break;
      case 'uniform':
        this.#block(batch, this.#random.below(this.#blocks));
        break;
      case 'zipf':
        this.#block(batch, this.#scattered());
        break;
      case 'hotset': {
        const hot = Math.max(1, Math.floor((this.#blocks * this.pattern.hot) / 100));
        const isHot = this.#random.fraction() * 100 < heat || hot === this.#blocks;
        const cold = this.#blocks - hot;
        this.#block(batch, isHot ? this.#random.below(hot) : hot + this.#random.below(cold));
        break;
      }
      case 'strided':
        if (this.#start + this.#next + block > this.#end) this.#next = 0;
        this.#request(batch, this.#start + this.#next, block);
        this.#next += stride;
        break;
      case 'mixed': {
        const which = this.#random.fraction();
        this.#add(batch, which < 0.5 ? 'zipf' : which < 0.8 ? 'uniform' : 'sequential');
        break;
      }
      case 'database':
        this.#database(batch);
        break;
      case 'boot':
        this.#boot(batch);
    }
  }

  #block(batch: RequestBatch, index: number): void {
    const { block } = this.pattern;
    this.#request(batch, this.#start + index * block, block);
  }

  #request(batch: RequestBatch, offset: number, length: number): void {
    const isRead = this.#random.fraction() * 100 < this.pattern.reads;
    batch.add(isRead ? KIND.read : KIND.write, offset, length);
  }

  /** A block by zipf; the ranks lie anywhere. */
  #scattered(): number {
    return (this.#zipf.next(this.#random) * SCATTER) % this.#blocks;
  }

  /** The last part of the range is the log, written round and round. */
  #database(batch: RequestBatch): void {
    const { block } = this.pattern;
    const log = Math.floor(this.#blocks / LOG_SHARE);
    const pages = this.#blocks - log;
    if (this.#sinceLog === LOG_EVERY) {
      this.#sinceLog = 0;
      const at = pages + (this.#log++ % log);
      batch.add(KIND.write, this.#start + at * block, block);
      batch.add(KIND.flush, 0, 0);
      return;
    }
    const before = batch.size;
    this.#block(batch, this.#scattered() % pages);
    if (batch.kinds[before] === KIND.write) this.#sinceLog++;
  }

  /** Runs of 4 to 64 blocks. */
  #boot(batch: RequestBatch): void {
    if (this.#runLeft === 0) {
      this.#runLeft = 4 + this.#random.below(61);
      this.#run = this.#random.below(Math.max(1, Math.floor(this.#blocks / 8)));
    }
    this.#runLeft--;
    this.#block(batch, this.#run++ % this.#blocks);
  }
}
