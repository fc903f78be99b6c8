import { forecastRun, type Forecast, type ForecastSettings } from '../../src/backup/forecast.ts';
import type { TablePlan } from '../../src/backup/table-plan.ts';
import { count, table } from './format.ts';

/** As the benchmark's articles are, as `COPY` text. */
const articleBytes = 3300;
const changedShare = 0.01;
const runsAMonth = 30;
/** S3 Standard, us-east-1, first tier: dollars for a GB and month (aws.amazon.com/s3/pricing, 2025). */
const storedDollars = 0.023;

const settings = { chunkSize: 1000, chunkBytes: 8 * 2 ** 20 };

/** What S3 asks for tables far larger than any that was measured, by the very forecast that `--dry-run` prints. */
export function billLines(): string[] {
  const rows = [1e12, 100e12].flatMap((copyBytes) =>
    (['none', 'zstd'] as const).map((compression) => billRow(copyBytes, { ...settings, compression })),
  );
  const head = [
    '`COPY` text',
    'compression',
    'chunks',
    'PUT requests, first run',
    'dollars',
    'stored, TB',
    'dollars a month',
    `${runsAMonth} runs, ${changedShare * 100} % new each: PUT`,
    'dollars',
    'stored more, TB',
  ];
  return [
    '#### The S3 bill, modelled',
    '',
    `Articles of ${count(articleBytes)} bytes, chunks of ${count(settings.chunkSize)} rows, list prices of S3 Standard in us-east-1, first tier; transfer within the region is free. ` +
      'Requests, sizes and their price are those of the forecast that `backup --dry-run` prints.',
    '',
    ...table(head, rows),
    '',
  ];
}

function billRow(copyBytes: number, settings: ForecastSettings): string[] {
  const first = forecastOf(copyBytes, settings);
  const later = forecastOf(copyBytes * changedShare, settings);
  const terabytes = (bytes: number): string => (bytes / 1e12).toFixed(2);
  return [
    `${count(copyBytes / 1e12)} TB`,
    settings.compression,
    count(first.chunks),
    count(first.requests.put),
    first.requestDollars.toFixed(2),
    terabytes(first.storedBytes),
    count((first.storedBytes / 1e9) * storedDollars),
    count(later.requests.put * runsAMonth),
    (later.requestDollars * runsAMonth).toFixed(2),
    terabytes(later.storedBytes * runsAMonth),
  ];
}

/** Of a plan with one step that ships all rows; what else a plan holds, the forecast does not look at. */
function forecastOf(copyBytes: number, settings: ForecastSettings): Forecast {
  const rows = Math.round(copyBytes / articleBytes);
  const plan = { rows, rowBytes: articleBytes, chunks: new Map(), steps: [{ kind: 'base', scan: { rows } }] };
  return forecastRun([plan as unknown as TablePlan], settings, undefined);
}
