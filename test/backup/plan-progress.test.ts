import { expect, test } from 'vitest';
import { PlanProgress } from '../../src/backup/plan-progress.ts';

test('a plan that takes long says every ten seconds how far it has come', () => {
  const lines: string[] = [];
  let now = 1000;
  const reporter = {
    log: (level: string, message: string) => lines.push(`${level} ${message}`),
    progress() {},
  };
  const progress = new PlanProgress(reporter, () => now);
  const scanAt = (ms: number, table: string) => {
    now = ms;
    progress.scanned(4000, table);
  };
  scanAt(1000, 'public.a');
  scanAt(10_999, 'public.a');
  expect(lines).toEqual([]);
  scanAt(11_000, 'public.b');
  scanAt(20_999, 'public.b');
  scanAt(21_000, 'public.c');
  expect(lines).toEqual([
    'info Looking for changes: scanned 12,000 rows, now in public.b',
    'info Looking for changes: scanned 20,000 rows, now in public.c',
  ]);
});
