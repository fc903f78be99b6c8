import type { BenchResults, Figure, Findings } from '../results-file.ts';
import { scenarioNames } from '../scenario-names.ts';

/** Of each thing measured the newest, whichever run of the benchmark it is from. */
export function merge(parts: readonly BenchResults[]): Findings {
  const newest = parts.toSorted((a, b) => a.date.localeCompare(b.date));
  const last = <T>(items: readonly T[], key: (item: T) => string): T[] => [
    ...new Map(items.map((item) => [key(item), item])).values(),
  ];
  return {
    figures: last(
      newest.flatMap(({ figures }) => figures),
      ({ scenario, rows }) => `${scenario} ${rows}`,
    ).toSorted(inOrder),
    fingerprints: last(
      newest.flatMap(({ fingerprints }) => fingerprints),
      ({ name, rows }) => `${name} ${rows}`,
    ),
    impacts: last(
      newest.flatMap(({ impacts }) => impacts),
      ({ load }) => load,
    ),
    series: last(
      newest.flatMap(({ series }) => series),
      ({ key }) => key,
    ),
  };
}

/** As the scenarios are listed, then by size. */
function inOrder(a: Figure, b: Figure): number {
  const place = ({ scenario }: Figure): number => Object.keys(scenarioNames).indexOf(scenario);
  return place(a) - place(b) || a.rows - b.rows;
}

/** Those parts that something is still taken from, oldest first. */
export function partsInUse(parts: readonly BenchResults[]): BenchResults[] {
  const { figures, fingerprints, impacts, series } = merge(parts);
  const used = new Set<unknown>([...figures, ...fingerprints, ...impacts, ...series]);
  const isUsed = (part: BenchResults): boolean =>
    [...part.figures, ...part.fingerprints, ...part.impacts, ...part.series].some((item) => used.has(item));
  return parts.filter(isUsed).toSorted((a, b) => a.date.localeCompare(b.date));
}
