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
    // V8 dies now and then when several threads of one process compile functions of a WebAssembly module at once
    // (nodejs/node issue 64500). Here threads come and go in one process: so all is compiled once, and never again.
    execArgv: ['--liftoff-only', '--no-wasm-lazy-compilation'],
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
  },
});
