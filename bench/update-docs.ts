/**
 * Puts the figures of results files into docs/performance.md, between its two markers: of each thing measured the newest.
 * `node bench/update-docs.ts [FILE.json…]`; all full runs in bench/results/ when no file is named.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { resultsReport } from './report/results-report.ts';
import type { BenchResults } from './results-file.ts';

const page = new URL('../docs/performance.md', import.meta.url);
const folder = new URL('./results/', import.meta.url);
const [begin, end] = ['<!-- figures: begin (node bench/update-docs.ts) -->', '<!-- figures: end -->'];

const named = process.argv.slice(2);
const files = named.length > 0 ? named : fullRuns();
const parts = files.map((path) => JSON.parse(readFileSync(path, 'utf8')) as BenchResults).filter(isCurrent);
if (parts.length === 0) throw new Error('there is no full run of this benchmark: `npm run bench` makes one');
const text = readFileSync(page, 'utf8');
const [before, after] = [text.indexOf(begin), text.indexOf(end)];
if (before < 0 || after < before) throw new Error('docs/performance.md has lost its markers');
const figures = `${begin}\n\n${resultsReport(parts).trimEnd()}\n\n`;
writeFileSync(page, text.slice(0, before) + figures + text.slice(after));

function fullRuns(): URL[] {
  const names = readdirSync(folder).filter((file) => /^\d{8}-\d{6}\.json$/.test(file));
  return names.toSorted().map((name) => new URL(name, folder));
}

/** Older files have another form. */
function isCurrent({ format }: BenchResults): boolean {
  return (format as number | undefined) === 2;
}
