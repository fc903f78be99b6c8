import type { Measured, Series } from '../results-file.ts';
import { fitLine, median } from '../statistics.ts';
import { lineChart } from './charts.ts';
import { peakOf } from './figures.ts';
import { bytes, count, duration, spread, table } from './format.ts';

export function seriesLines(series: readonly Series[]): string[] {
  if (series.length === 0) return [];
  return ['### Scaling', '', ...series.flatMap(oneSeries)];
}

function oneSeries(series: Series): string[] {
  const { title, axis, points } = series;
  const keys = [...new Set(points.flatMap(({ sides }) => sides.map(({ key }) => key)))];
  const columns = keys.flatMap((key) =>
    columnsOf(
      key,
      points.flatMap(({ sides }) => sides.filter((side) => side.key === key)),
    ),
  );
  const rows = points.map(({ x, sides }) => [
    count(x),
    ...columns.map(({ key, cell }) => sides.filter((side) => side.key === key).map(cell)[0] ?? '–'),
  ]);
  return [
    `#### ${title}`,
    '',
    ...table([axis, ...columns.map(({ title: head }) => head)], rows),
    '',
    ...lineChart({
      title: `${title}: seconds (${keys.join(', ')})`,
      unit: 'seconds',
      axis,
      names: points.map(({ x }) => count(x)),
      lines: keys.map((key) =>
        points.map(({ sides }) => median(sides.find((side) => side.key === key)?.seconds ?? [])),
      ),
    }),
    ...modelLines(series, keys),
  ];
}

interface Column {
  readonly key: string;
  readonly title: string;
  readonly cell: (side: Measured) => string;
}

function columnsOf(key: string, sides: readonly Measured[]): Column[] {
  const columns: Column[] = [
    { key, title: `${key}, seconds`, cell: ({ seconds }) => spread(seconds) },
    {
      key,
      title: 'processor s',
      cell: ({ cpuSeconds }) => (cpuSeconds.length > 0 ? median(cpuSeconds).toFixed(2) : '–'),
    },
    { key, title: 'peak memory', cell: (side) => (peakOf(side) > 0 ? bytes(peakOf(side)) : '–') },
    {
      key,
      title: 'stored',
      cell: ({ storedBytes }) => (storedBytes.length > 0 ? bytes(median(storedBytes)) : '–'),
    },
    {
      key,
      title: '÷ changed rows',
      cell: ({ storedBytes, shipped }) =>
        shipped ? (median(storedBytes) / shipped.changedBytes).toFixed(2) : '–',
    },
  ];
  return columns.filter(({ cell }) => sides.some((side) => cell(side) !== '–'));
}

/** Workers share cores and changed rows fall into fewer and fewer new ranges: no straight line describes those. */
const linear: readonly string[] = ['rows', 'ranges', 'points'];
const beyond = [10, 100, 1000];

function modelLines({ key: axisKey, axis, points }: Series, keys: readonly string[]): string[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!linear.includes(axisKey) || points.length < 3 || !first || !last) return [];
  const models = keys.map((key) => {
    const measured = points.flatMap(({ x, sides }) => {
      const side = sides.find((each) => each.key === key);
      return side ? [[x, median(side.seconds)] as const] : [];
    });
    return { key, ...fitLine(measured) };
  });
  const formulas = models.map(
    ({ key, start, slope }) => `${key} ${start.toFixed(2)} s + ${short(slope)} each`,
  );
  return [
    `A straight line through these points, by least relative error: ${formulas.join('; ')}. Beyond what was measured it says:`,
    '',
    ...table(
      [axis, ...keys],
      beyond.map((factor) => [
        count(last.x * factor),
        ...models.map(({ start, slope }) => duration(Math.max(0, start + slope * last.x * factor))),
      ]),
    ),
    '',
  ];
}

function short(seconds: number): string {
  return seconds >= 1e-3 ? `${(seconds * 1e3).toFixed(2)} ms` : `${(seconds * 1e6).toFixed(2)} µs`;
}
