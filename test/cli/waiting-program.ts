import { writeFileSync } from 'node:fs';
import type { CommandRow } from '../../src/cli/command.ts';
import { start } from '../../src/cli/start.ts';

/** The real command line around commands that do what a test of the process needs. */
const rows: readonly CommandRow[] = [
  {
    name: 'backup',
    summary: 'Works until it is told to stop, then saves its checkpoint',
    examples: [],
    logName: 'incremental_db_backup',
    load: () =>
      Promise.resolve(async ({ reporter, signal, settings }) => {
        const alive = setInterval(() => reporter.log('info', 'working'), 20);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        clearInterval(alive);
        writeFileSync(settings.checkpointFile, 'saved');
        throw signal.reason;
      }),
  },
  {
    name: 'restore',
    summary: 'Does not listen',
    examples: [],
    load: () =>
      Promise.resolve(async ({ reporter, signal }) => {
        setInterval(() => undefined, 1000);
        signal.addEventListener('abort', () => {
          reporter.log('warn', 'not now');
        });
        reporter.log('warn', 'working');
        return new Promise(() => undefined);
      }),
  },
  {
    name: 'list',
    summary: 'Prints much',
    examples: [],
    load: () =>
      Promise.resolve(() => Promise.resolve({ json: {}, text: 'a line of text\n'.repeat(100_000) })),
  },
  {
    name: 'verify',
    summary: 'Has a bug',
    examples: [],
    load: () =>
      Promise.resolve(async () => {
        setTimeout(() => {
          throw new TypeError('nobody caught this');
        }, 1);
        return new Promise(() => setInterval(() => undefined, 1000));
      }),
  },
];

process.title = 'storydredge-backup';
await start(rows);
