/** Repeatable random numbers (mulberry32): quick and even enough for generated text, nothing more. */
export class Random {
  #state: number;

  /** Streams of different numbers under one seed look unrelated. */
  constructor(seed: number, stream: number) {
    this.#state = mix(mix(seed | 0) ^ Math.imul(stream | 0, 0x9e3779b1));
  }

  /** An integer in [0, bound), for bounds up to 2^32. */
  below(bound: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * bound);
  }

  /** A number in [0, 1) with all 53 bits of a double's fraction. */
  fraction(): number {
    return ((this.#next() >>> 5) * 0x400_0000 + (this.#next() >>> 6)) / 0x20_0000_0000_0000;
  }

  /** A number of the standard normal distribution (Box–Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return mix(this.#state);
  }
}

function mix(value: number): number {
  let t = Math.imul(value ^ (value >>> 15), value | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
}
