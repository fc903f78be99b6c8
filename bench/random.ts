/** Random text that is the same on every machine and in every run. */
export interface Random {
  /** 0 <= fraction < 1. */
  fraction(): number;
  chance(probability: number): boolean;
  /** One of a few thousand words; the first ones far more often, as in a language. */
  word(): string;
}

/** Xorshift of 32 bits: good enough to compress like text does. */
export function createRandom(seed: number): Random {
  let state = seed;
  const fraction = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const letter = (): string => 'etaoinshrdlucmfwyp'.charAt(Math.floor(fraction() * fraction() * 18));
  const words = Array.from({ length: 4000 }, () =>
    Array.from({ length: 2 + Math.floor(fraction() * 9) }, letter).join(''),
  );
  return {
    fraction,
    chance: (probability) => fraction() < probability,
    word: () => words[Math.floor(fraction() * fraction() * words.length)] ?? '',
  };
}
