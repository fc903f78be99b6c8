import { Random } from '../../src/demo/random.ts';

/** All that is left to chance in a history, from one seed: the same seed makes the same history. */
export class Dice {
  readonly #random: Random;
  #fresh = 0;

  constructor(seed: number) {
    this.#random = new Random(seed, 1);
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + this.#random.below(high - low + 1);
  }

  chance(share: number): boolean {
    return this.#random.fraction() < share;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.#random.below(items.length)] ?? items[0];
  }

  /** One of any list; undefined where it is empty. */
  pickAny<T>(items: readonly T[]): T | undefined {
    return items[this.#random.below(Math.max(items.length, 1))];
  }

  /** One of the names, as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries<number>(weights) as [Name, number][];
    let left = this.#random.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    const found = entries.find(([, weight]) => {
      left -= weight;
      return left < 0;
    });
    const last = entries.at(-1);
    if (!last) throw new Error('there is nothing to choose from');
    return (found ?? last)[0];
  }

  /** The items in any order. */
  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.flatMap(() => left.splice(this.#random.below(left.length), 1));
  }

  /** Some of the items, each as likely as the others, in their order. */
  some<T>(items: readonly T[], count: number): T[] {
    const chosen = new Set(this.shuffled(items).slice(0, count));
    return items.filter((item) => chosen.has(item));
  }

  /** A number that was not given before. */
  fresh(): number {
    this.#fresh += 1;
    return this.#fresh;
  }

  /** A few words, with what escaping must survive. */
  words(count: number): string {
    const all = [
      'plain',
      'ä ö',
      'tab\there',
      'line\nbreak',
      'back\\slash',
      "quo'te",
      '😀',
      '',
      'NULL',
      '\\N',
    ];
    return Array.from({ length: count }, () => this.pickAny(all)).join(' ');
  }
}

/** An SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
