import type { Random } from './random.js';

/**
 * Ranks from 0 on, rank k as likely as (k + 1)^-exponent, in constant time and memory for any number
 * of them: rejection-inversion (Hörmann and Derflinger 1996).
 */
export class Zipf {
  readonly #ranks: number;
  readonly #exponent: number;
  readonly #first: number;
  readonly #last: number;
  readonly #shortcut: number;

  constructor(ranks: number, exponent: number) {
    this.#ranks = ranks;
    this.#exponent = exponent;
    this.#first = this.#integral(1.5) - 1;
    this.#last = this.#integral(ranks + 0.5);
    this.#shortcut = 2 - this.#inverse(this.#integral(2.5) - 2 ** -exponent);
  }

  next(random: Random): number {
    for (;;) {
      const area = this.#last + random.fraction() * (this.#first - this.#last);
      const x = this.#inverse(area);
      const rank = Math.min(this.#ranks, Math.max(1, Math.round(x)));
      if (rank - x <= this.#shortcut) return rank - 1;
      if (area >= this.#integral(rank + 0.5) - rank ** -this.#exponent) return rank - 1;
    }
  }

  /** Of x^-exponent, from 1 on. */
  #integral(x: number): number {
    const power = 1 - this.#exponent;
    return power === 0 ? Math.log(x) : Math.expm1(power * Math.log(x)) / power;
  }

  #inverse(area: number): number {
    const power = 1 - this.#exponent;
    if (power === 0) return Math.exp(area);
    return Math.exp(Math.log1p(Math.max(-1, area * power)) / power);
  }
}
