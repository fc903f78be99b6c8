import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProgressLines, progressLine } from '../../../src/cli/progress/progress-lines.ts';
import type { Progress } from '../../../src/core/events.ts';

const form = /^📈 Progress: [\d,]+ chunks, [\d,]+ \w+ \([\d,]+\.\d \w+\/sec\)$/u;

function at(rows: number, more: Partial<Progress> = {}): Progress {
  return {
    phase: 'backing up',
    rows,
    totalRows: 20_000,
    chunks: rows / 1000,
    bytes: 0,
    noun: 'articles',
    ...more,
  };
}

function watch() {
  let now = 0;
  const printed: string[] = [];
  const lines = new ProgressLines(
    () => now,
    (line) => void printed.push(line),
  );
  const report = (milliseconds: number, progress: Progress) => {
    now = milliseconds;
    lines.progress(progress);
  };
  return { lines, printed, report };
}

test('a line has the form that scripts look for', () => {
  expect(progressLine(at(10_000, { chunks: 10 }), 193.46)).toBe(
    '📈 Progress: 10 chunks, 10,000 articles (193.5 articles/sec)',
  );
  const { noun: _, ...unnamed } = at(5, { chunks: 0 });
  expect(progressLine(unnamed, 0)).toBe('📈 Progress: 0 chunks, 5 rows (0.0 rows/sec)');
});

test('prints the pace since the phase began, at most every five seconds', () => {
  const { printed, report } = watch();
  report(0, at(0));
  for (let second = 1; second <= 11; second += 1) report(second * 1000, at(second * 1000));
  expect(printed).toEqual([
    '📈 Progress: 5 chunks, 5,000 articles (1,000.0 articles/sec)',
    '📈 Progress: 10 chunks, 10,000 articles (1,000.0 articles/sec)',
  ]);
});

test('prints a phase whose end comes sooner, once, before what is said after it', () => {
  const { lines, printed, report } = watch();
  report(0, at(0));
  report(1000, at(10_000));
  lines.flushWhenComplete();
  expect(printed).toEqual([]);
  report(2000, at(20_000));
  lines.flushWhenComplete();
  lines.flushWhenComplete();
  lines.flush();
  expect(printed).toEqual(['📈 Progress: 20 chunks, 20,000 articles (10,000.0 articles/sec)']);
});

test('a new phase closes the one before and starts its own pace', () => {
  const { lines, printed, report } = watch();
  report(0, at(0));
  report(1000, at(500));
  report(2000, at(0, { phase: 'verifying' }));
  report(3000, at(2000, { phase: 'verifying' }));
  lines.flush();
  expect(printed.map((line) => line.replace(/^.*, /, ''))).toEqual([
    '500 articles (500.0 articles/sec)',
    '2,000 articles (2,000.0 articles/sec)',
  ]);
});

test('says nothing while nothing is done', () => {
  const { lines, printed, report } = watch();
  report(0, at(0));
  report(9000, at(0));
  lines.flush();
  expect(printed).toEqual([]);
});

test('every line has the form, and there are few, whatever is reported', () => {
  const event = fc.record({ wait: fc.nat(3000), rows: fc.nat(), phase: fc.constantFrom('a') });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const { lines, printed, report } = watch();
      let now = 0;
      for (const { wait, rows, phase } of events) report((now += wait), at(rows, { phase, chunks: rows }));
      lines.flush();
      expect(printed.length).toBeLessThanOrEqual(now / 5000 + 1);
      for (const line of printed) expect(line).toMatch(form);
    }),
  );
});
