import { getPriority } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { spawnBinary } from '../support/process.ts';

test('a backup leaves the processors to others, unless told --no-nice; a restore where told --nice', async () => {
  const database = await createDatabase();
  await database.client.query(`CREATE TABLE notes (id integer PRIMARY KEY, note text);
    INSERT INTO notes SELECT g, repeat('x', 990) FROM generate_series(1, 1000) g`);
  const folder = await temporaryFolder();
  const from = [
    '--database-url',
    database.url,
    '--store',
    `file://${join(folder, 'store')}`,
    '--table',
    'notes',
  ];
  /** The nice value that the process ended with. */
  const priorityOf = async (args: string[], env: Record<string, string> = {}): Promise<number> => {
    const { child, pid, result } = spawnBinary([...args, ...from], { cwd: folder, env });
    let last = 0;
    const timer = setInterval(() => {
      if (child.exitCode === null) last = getPriority(pid);
    }, 20);
    const { exitCode } = await result.finally(() => clearInterval(timer));
    expect(exitCode).toBe(0);
    return last;
  };
  const usual = getPriority();
  expect(await priorityOf(['backup'])).toBe(10);
  expect(await priorityOf(['backup', '--no-nice'])).toBe(usual);
  expect(await priorityOf(['backup'], { STORYDREDGE_BACKUP_NICE: 'off' })).toBe(usual);
  expect(await priorityOf(['restore', '--into', 'one'])).toBe(usual);
  expect(await priorityOf(['restore', '--into', 'two', '--nice'])).toBe(10);
});
