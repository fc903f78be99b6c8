/** How costs grow: with rows, changed rows, ranges, restore points and workers. */
import { measureInTurn, type Bench, type Side } from '../bench.ts';
import { multiplyPoints } from '../many-points.ts';
import type { Measured, Series } from '../results-file.ts';
import { fullBackupSide, oursSide, sourceVariables } from '../sides.ts';
import type { Table } from '../tables.ts';
import { incrementalSide, spendTransaction, update } from './incremental.ts';

interface PointSides {
  readonly x: number;
  readonly sides: readonly Side[];
}

export async function scaling(bench: Bench): Promise<Series[]> {
  return [
    await byRows(bench),
    await byChangedRows(bench),
    await byRanges(bench),
    await byPoints(bench),
    await byWorkers(bench),
  ];
}

/** All points of the series in turn, so that all have the same weather. */
async function measured(
  bench: Bench,
  series: Omit<Series, 'points'>,
  points: readonly PointSides[],
): Promise<Series> {
  const { sides } = await measureInTurn(
    bench,
    points.flatMap((point) => point.sides),
  );
  let next = 0;
  const taken = points.map(({ x, sides: own }) => {
    next += own.length;
    return { x, sides: sides.slice(next - own.length, next) };
  });
  console.log(`  ${series.title}: ${taken.map(({ x }) => x.toLocaleString('en-US')).join(', ')}`);
  return { ...series, points: taken };
}

/** Into a store of its own that holds the table as it is, which a scan has to find out. */
async function unchangedSide(
  bench: Bench,
  table: Table,
  store: string,
  options: readonly string[] = [],
): Promise<Side> {
  const url = ['--store', bench.workshop.store(store)];
  const side = oursSide(bench, table, { key: 'unchanged', args: ['backup', ...options], store: url });
  await bench.workshop.remove(store);
  await side.run();
  const prepare = () => spendTransaction(table);
  return { ...side, label: `${side.label}, nothing changed`, prepare };
}

async function byRows(bench: Bench): Promise<Series> {
  const { narrowRows } = bench.settings;
  const points: PointSides[] = [];
  for (const share of [100, 10, 3, 1]) {
    const table = await bench.tables.narrow(Math.round(narrowRows / share));
    const unchanged = await unchangedSide(bench, table, `rows-${share}`);
    points.push({ x: table.rows, sides: [fullBackupSide(bench, table, { key: 'full' }), unchanged] });
  }
  const series = await measured(
    bench,
    { key: 'rows', title: 'Rows of the narrow table', axis: 'rows' },
    points,
  );
  for (const share of [100, 10, 3, 1]) await bench.workshop.remove(`rows-${share}`);
  return series;
}

async function byChangedRows(bench: Bench): Promise<Series> {
  const table = await bench.tables.articles(bench.settings.rows);
  const store = 'changed';
  await unchangedSide(bench, table, store);
  const points = [10_000, 1000, 100, 10].map((every) => {
    const label = `1 row in ${every.toLocaleString('en-US')} updated at random`;
    const side = incrementalSide(bench, table, 'incremental', update(table, every), { store, label });
    return { x: table.rows / every, sides: [side], shipped: () => side.shipped() };
  });
  const title = `Changed rows of ${table.rows.toLocaleString('en-US')} articles`;
  const series = await measured(bench, { key: 'changed', title, axis: 'changed rows' }, points);
  await bench.workshop.remove(store);
  return {
    ...series,
    points: series.points.map(({ x, sides }, index) => ({
      x,
      sides: sides.map((side): Measured => {
        const shipped = points[index]?.shipped();
        return shipped ? { ...side, shipped } : side;
      }),
    })),
  };
}

/** The same rows in more and smaller ranges. */
async function byRanges(bench: Bench): Promise<Series> {
  const table = await bench.tables.narrow(Math.round(bench.settings.narrowRows / 10));
  const sizes = [10_000, 1000, 100].filter((size) => size < table.rows);
  const points: PointSides[] = [];
  for (const size of sizes) {
    const options = ['--chunk-size', String(size)];
    const unchanged = await unchangedSide(bench, table, `ranges-${size}`, options);
    const full = fullBackupSide(bench, table, { key: 'full', options });
    points.push({ x: Math.ceil(table.rows / size), sides: [full, unchanged] });
  }
  const title = `Ranges of ${table.rows.toLocaleString('en-US')} narrow rows`;
  const series = await measured(bench, { key: 'ranges', title, axis: 'ranges' }, points);
  for (const size of sizes) await bench.workshop.remove(`ranges-${size}`);
  return series;
}

async function byPoints(bench: Bench): Promise<Series> {
  const { workshop } = bench;
  const table = await bench.tables.articles(1000);
  const counts = [1, 10, 100, 1000];
  const points: PointSides[] = [];
  for (const x of counts) {
    const name = `points-${x}`;
    const store = ['--store', workshop.store(name)];
    await workshop.remove(name);
    await workshop.run(['backup', ...store, '--table', table.name], sourceVariables(table));
    await multiplyPoints(workshop.path(name), x);
    // The checkpoint of that run knows the SHA-256 its manifest had before.
    await workshop.remove('logs');
    const sides = ['status', 'list', 'verify'].map((key) => ours(bench, table, key, store));
    points.push({ x, sides });
  }
  const series = await measured(
    bench,
    { key: 'points', title: 'Restore points in the store', axis: 'restore points' },
    points,
  );
  for (const x of counts) await workshop.remove(`points-${x}`);
  return series;
}

function ours(bench: Bench, table: Table, key: string, store: readonly string[]): Side {
  return oursSide(bench, table, { key, args: [key], store });
}

async function byWorkers(bench: Bench): Promise<Series> {
  const table = await bench.tables.articles(bench.settings.rows);
  const points = [1, 2, 4, 8].map((x) => ({
    x,
    sides: ['--no-adaptive', '--adaptive'].map((adaptive) =>
      fullBackupSide(bench, table, { key: adaptive, options: ['--max-workers', String(x), adaptive] }),
    ),
  }));
  const title = `Workers, full backup of ${table.rows.toLocaleString('en-US')} articles`;
  return measured(bench, { key: 'workers', title, axis: '--max-workers' }, points);
}
