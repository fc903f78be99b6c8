/**
 * Puts the figures of a results file into docs/performance.md, between its two markers:
 * `node bench/update-docs.ts [bench/results/FILE.json]`; the newest full run when no file is named.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { markdownReport } from './report.ts';
import type { BenchResults } from './results-file.ts';

const page = new URL('../docs/performance.md', import.meta.url);
const folder = new URL('./results/', import.meta.url);
const [begin, end] = ['<!-- figures: begin (node bench/update-docs.ts) -->', '<!-- figures: end -->'];

const path = process.argv[2] ?? newestFullRun();
const results = JSON.parse(readFileSync(path, 'utf8')) as BenchResults;
const text = readFileSync(page, 'utf8');
const [before, after] = [text.indexOf(begin), text.indexOf(end)];
if (before < 0 || after < before) throw new Error('docs/performance.md has lost its markers');
const figures = `${begin}\n\n${markdownReport(results).trimEnd()}\n\n`;
writeFileSync(page, text.slice(0, before) + figures + text.slice(after));

function newestFullRun(): URL {
  const name = readdirSync(folder)
    .filter((file) => /^\d{8}-\d{6}\.json$/.test(file))
    .toSorted()
    .at(-1);
  if (name === undefined) throw new Error('bench/results holds no full run: `npm run bench` makes one');
  return new URL(name, folder);
}
