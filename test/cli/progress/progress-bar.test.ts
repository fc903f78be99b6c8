import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clock, progressBar } from '../../../src/cli/progress/progress-bar.ts';
import { RedrawnLine } from '../../../src/cli/progress/redrawn-line.ts';
import { fakeHost, runWith } from '../fake-host.ts';

const progress = {
  phase: 'backing up articles',
  rows: 5000,
  totalRows: 20_000,
  chunks: 5,
  bytes: 0,
  noun: 'articles',
};
const pace = { rate: 1234.5, fraction: 0.25, secondsLeft: 83 };

test.each([
  [100, 'backing up articles  ███████░░░░░░░░░░░░░░░░░░░░░░░  25%  1,235 articles/s  1:23 left'],
  [70, 'backing up articles  ███░░░░░░░░░░░  25%  1,235 articles/s  1:23 left'],
  [60, 'backing up articles  25%  1,235 articles/s  1:23 left'],
  [40, '25%  1,235 articles/s  1:23 left'],
  [20, '25%  1:23 left'],
  [10, '25%'],
  [3, ''],
])('fits into %i columns', (columns, text) => {
  expect(progressBar(progress, pace, columns, false)).toBe(text);
});

test('without a known total there is neither bar nor percentage', () => {
  const open = { rate: 10, fraction: undefined, secondsLeft: undefined };
  expect(progressBar({ ...progress, noun: 'rows' }, open, 80, false)).toBe('backing up articles  10 rows/s');
});

test('is never wider than the terminal and holds no control characters of names (law 8)', () => {
  fc.assert(
    fc.property(
      fc.nat(200),
      fc.string({ unit: 'binary' }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (columns, phase, fraction, color) => {
        const bar = progressBar({ ...progress, phase }, { ...pace, fraction }, columns, color);
        const text = stripVTControlCharacters(bar);
        expect(text.length).toBeLessThan(Math.max(1, columns));
        expect(text).not.toMatch(/[\u0000-\u001f]/);
        if (!color) expect(bar).toBe(text);
      },
    ),
  );
});

test.each([
  [0, '0:00'],
  [59.2, '1:00'],
  [83, '1:23'],
  [3723, '1:02:03'],
])('%d seconds are %s', (seconds, text) => expect(clock(seconds)).toBe(text));

test('a line is redrawn in place by one write, and gone at the end', () => {
  const host = fakeHost();
  const line = new RedrawnLine(host.stderr);
  line.draw('25%');
  line.draw('25%');
  line.printAbove('a message');
  line.draw('26%');
  line.clear();
  line.clear();
  expect(host.errors()).toBe('\r25%\u001b[K\r\u001b[Ka message\n25%\r26%\u001b[K\r\u001b[K');
});

async function runOnTerminal(argv: string[], environment: Record<string, string> = {}): Promise<string> {
  const host = fakeHost({ columns: 80, environment });
  const { stderr } = await runWith(
    argv,
    ({ reporter }) => {
      reporter.progress({ ...progress, rows: 0 });
      host.advance(50);
      reporter.progress({ ...progress, rows: 500 });
      host.advance(950);
      reporter.progress(progress);
      reporter.log('info', 'said meanwhile');
      reporter.log('warn', 'careful');
      return Promise.resolve({ json: {}, text: '' });
    },
    host,
    { logName: 'x' },
  );
  return stderr;
}

test('on a terminal a run shows a bar, messages above it, and no progress lines', async () => {
  const shown = await runOnTerminal([]);
  expect(shown).toContain('25%');
  expect(shown).toContain('5,000 articles/s');
  expect(shown).toContain('\r\u001b[Ksaid meanwhile\n');
  expect(shown).not.toContain('📈');
  expect(shown.endsWith('\r\u001b[K')).toBe(true);
  expect(shown).toContain('\u001b[32m');
  // Drawn no more often than ten times a second.
  expect(shown).not.toContain('2%');
});

test('NO_COLOR takes the colours away', async () => {
  const shown = await runOnTerminal([], { NO_COLOR: '1' });
  expect(shown).toContain('25%');
  expect(shown).not.toMatch(/\u001b\[\d/);
});

test('--no-progress and a dumb terminal have no bar', async () => {
  expect(await runOnTerminal(['--no-progress'])).not.toContain('%');
  expect(await runOnTerminal([], { TERM: 'dumb' })).not.toContain('%');
});
