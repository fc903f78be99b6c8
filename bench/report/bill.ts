import { forecastRun, type Forecast } from '../../src/backup/forecast.ts';
import type { ChangedStep } from '../../src/backup/range-steps.ts';
import type { Compression } from '../../src/format/columns.ts';
import { count, table } from './format.ts';

/** As the benchmark's articles are, as `COPY` text. */
const articleBytes = 3300;
const changedShare = 0.01;
const runsAMonth = 30;
/** S3 Standard, us-east-1, first tier: dollars for a GB and month, and for a GET (aws.amazon.com/s3/pricing, 2025). */
const [gigabyteMonth, getRequest] = [0.023, 4e-7];

const chunkSize = 1000;

/** What S3 asks for tables far larger than any that was measured, by the very forecast that `--dry-run` prints. */
export function billLines(): string[] {
  const cases = [1e12, 100e12].flatMap((copyBytes) =>
    (['none', 'zstd'] as const).map((compression) => ({ copyBytes, compression })),
  );
  const firsts = cases.map(({ copyBytes, compression }) => {
    const { chunks, requests, requestDollars, storedBytes } = forecastOf(copyBytes, compression);
    return [
      `${count(copyBytes / 1e12)} TB, ${compression}`,
      count(requests.put),
      dollars(requestDollars),
      terabytes(storedBytes),
      dollars((storedBytes / 1e9) * gigabyteMonth),
      count(chunks),
      dollars(chunks * getRequest),
    ];
  });
  const months = cases.map(({ copyBytes, compression }) => {
    const { requests, requestDollars, storedBytes } = forecastOf(copyBytes * changedShare, compression);
    return [
      `${count(copyBytes / 1e12)} TB, ${compression}`,
      count((requests.put + requests.list) * runsAMonth),
      count(requests.get * runsAMonth),
      dollars(requestDollars * runsAMonth),
      terabytes(storedBytes * runsAMonth),
    ];
  });
  return [
    '#### The S3 bill, modelled',
    '',
    `Tables of so much \`COPY\` text in articles of ${count(articleBytes)} bytes, chunks of ${count(chunkSize)} rows; list prices of S3 Standard in us-east-1, first tier, in dollars. ` +
      'Transfer within the region is free. Requests, sizes and the price of a run are those of the forecast that `backup --dry-run` prints.',
    '',
    ...table(
      ['table, compression', 'PUT, first run', '$', 'stored, TB', '$ a month', 'GET, restore', '$'],
      firsts,
    ),
    '',
    `A month of ${runsAMonth} runs that each find ${changedShare * 100} % new rows adds:`,
    '',
    ...table(['table, compression', 'PUT and LIST', 'GET', '$', 'stored, TB'], months),
    '',
  ];
}

function terabytes(bytes: number): string {
  return (bytes / 1e12).toFixed(2);
}

function dollars(amount: number): string {
  return amount < 100 ? amount.toFixed(2) : count(amount);
}

/** Of a plan with one step, which ships all rows. */
function forecastOf(copyBytes: number, compression: Compression): Forecast {
  const rows = Math.round(copyBytes / articleBytes);
  const table = { rows, rowBytes: articleBytes, chunkSize, chunks: new Map() };
  const plan = { ...table, steps: { changed: [allOf(rows)] } };
  return forecastRun([plan], { compression, chunkBytes: 8 * 2 ** 20 }, undefined);
}

function allOf(rows: number): ChangedStep {
  const place = { lo: null, hi: null, position: 0, knownPosition: -1, reason: 'new rows', replaces: null };
  const scan = { rows, keyDigest: '', versionDigest: '', changed: 0, recent: 0 };
  return { ...place, kind: 'base', scan, recent: [] };
}
