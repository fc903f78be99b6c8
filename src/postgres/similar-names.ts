/** The names most like `wanted`, best first, at most three: those that share a good part of their letter pairs. */
export function similarNames(wanted: string, names: Iterable<string>): string[] {
  const pairs = letterPairs(wanted);
  return [...names]
    .map((name) => ({ name, likeness: likeness(pairs, letterPairs(name)) }))
    .filter(({ likeness }) => likeness >= 0.4)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** `Did you mean a or b? `; empty without names. */
export function didYouMean(names: readonly string[]): string {
  return names.length === 0 ? '' : `Did you mean ${names.join(' or ')}? `;
}

/** Pairs of neighbouring letters, with the ends of the word as letters. */
function letterPairs(text: string): Set<string> {
  const letters = `^${text.toLowerCase()}$`;
  return new Set(Array.from({ length: letters.length - 1 }, (_, index) => letters.slice(index, index + 2)));
}

/** Dice's coefficient: 1 for the same pairs, 0 for none in common. */
function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const common = [...one].filter((pair) => other.has(pair)).length;
  return (2 * common) / (one.size + other.size);
}
