import type { BenchResults, Measured, Scenario } from './results-file.ts';
import { median } from './statistics.ts';

/** The results for people, in Markdown. */
export function markdownReport(results: BenchResults): string {
  return [
    `Measured ${results.date.slice(0, 10)} on ${machineText(results)}. ${settingsText(results)}`,
    '',
    ...table(results.scenarios.map(speedRow), speedHead),
    '',
    'What these runs added to the store, manifest included, against the changed rows themselves as `COPY` text:',
    '',
    ...table(results.scenarios.filter(({ shipped }) => shipped !== undefined).map(shippedRow), shippedHead),
    '',
    'Beside it, measured in turn in the same run:',
    '',
    ...table(results.scenarios.filter(({ other }) => other !== undefined).map(otherRow), otherHead),
    '',
    ...fingerprintLines(results),
    ...goalLines(results),
    '',
  ].join('\n');
}

function fingerprintLines({ fingerprints = [] }: BenchResults): string[] {
  if (fingerprints.length === 0) return [];
  const head = ['fingerprint scan', 'rows', 'seconds', 'rows/s per core', 'beside it', 'seconds', 'ratio'];
  const rows = fingerprints.map(({ name, rows: scanned, ours, other }) => [
    name,
    count(scanned),
    spread(ours),
    count(scanned / median(ours.seconds)),
    other ? `\`${other.label}\`` : '–',
    other ? spread(other) : '–',
    other ? (median(ours.seconds) / median(other.seconds)).toFixed(2) : '–',
  ]);
  return ['What a run does with a table that has not changed, in one session:', '', ...table(rows, head), ''];
}

/** A quick run is too short to say anything of the goals. */
function goalLines({ goals, settings }: BenchResults): string[] {
  if (settings.quick) return [];
  return table(
    goals.map(({ goal, measured, met }) => [goal, measured, met ? 'yes' : '**no**']),
    ['goal', 'measured', 'met'],
  );
}

const speedHead = ['what', 'articles', 'seconds', 'articles/s', 'MB/s of `COPY` text', 'peak memory'];

function speedRow(scenario: Scenario): string[] {
  const { name, rows, copyBytes, ours } = scenario;
  const seconds = median(ours.seconds);
  return [
    name,
    count(rows),
    spread(ours),
    count(rows / seconds),
    (copyBytes / 1e6 / seconds).toFixed(0),
    ours.peakRssBytes.length > 0 ? `${(Math.max(...ours.peakRssBytes) / 1e6).toFixed(0)} MB` : '–',
  ];
}

const shippedHead = ['what', 'articles', 'rows shipped', 'bytes shipped', 'changed rows', 'ratio'];

function shippedRow({ name, rows, shipped }: Scenario): string[] {
  if (!shipped) return [];
  const ratio = shipped.changedBytes > 0 ? (shipped.bytes / shipped.changedBytes).toFixed(2) : '–';
  return [name, count(rows), count(shipped.rows), bytes(shipped.bytes), bytes(shipped.changedBytes), ratio];
}

const otherHead = ['what', 'articles', 'seconds', 'beside it', 'seconds', 'ratio'];

function otherRow({ name, rows, ours, other }: Scenario): string[] {
  if (!other) return [];
  const ratio = median(ours.seconds) / median(other.seconds);
  return [
    name,
    count(rows),
    spread(ours),
    `\`${other.label.replaceAll('|', '\\|')}\``,
    spread(other),
    ratio.toFixed(2),
  ];
}

function machineText({ machine }: BenchResults): string {
  const memory = `${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  const parts = [machine.platform, `Node.js ${machine.node}`, `PostgreSQL ${machine.postgres}`];
  return `${machine.cores} cores of ${machine.cpu}, ${memory}; ${parts.join(', ')}`;
}

function settingsText({ settings, program }: BenchResults): string {
  const { pairs, workers, quick } = settings;
  const times = pairs === 1 ? 'Measured once' : `Medians of ${pairs}, with the least and the most`;
  return `storydredge-backup ${program}, ${workers} workers, no compression, file store. ${times}.${quick ? ' A quick run: no more than a sign of life.' : ''}`;
}

function spread({ seconds }: Measured): string {
  const middle = median(seconds).toFixed(2);
  if (seconds.length < 2) return middle;
  return `${middle} (${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)})`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function bytes(value: number): string {
  return value < 1e6 ? `${(value / 1e3).toFixed(0)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** Padded, so that it can be read as it is. The first column stands left, the others right. */
function table(rows: readonly (readonly string[])[], head: readonly string[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)];
}
