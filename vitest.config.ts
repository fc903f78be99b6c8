import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';
import { SlowestFirst } from './test/support/slowest-first.ts';

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
  },
});
