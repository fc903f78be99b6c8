/**
 * Which of so many are looked at: each with the same chance, one at least. Where a store is verified by samples day after day, each
 * of its ranges comes up sooner or later: with 5 % a day, three in four within four weeks.
 */
export class Sample {
  readonly #share: number;
  readonly #always: number;
  readonly #random: () => number;

  /**
   * @param share 0 to 1
   * @param random as Math.random
   */
  constructor(count: number, share: number, random: () => number = Math.random) {
    this.#share = share;
    this.#random = random;
    this.#always = Math.floor(random() * count);
  }

  /** To be asked once for each. */
  has(index: number): boolean {
    return this.#share >= 1 || index === this.#always || this.#random() < this.#share;
  }
}
