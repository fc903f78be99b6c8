import { expect, test } from 'vitest';
import { spawnBinary } from '../support/process.ts';
import { backUpThrice } from '../verify/backed-up.ts';

test('counts, a table and JSON Lines of the last runs; exit status as asked for', async () => {
  const { run, store, folder } = await backUpThrice();
  const diff = (...args: string[]) => run('diff', '--store', `file://${store}`, ...args);

  const last = await diff('--json', '--exit-code');
  expect(last.exitCode, last.stderr).toBe(1);
  expect(JSON.parse(last.stdout)).toMatchObject({
    status: 'completed',
    equal: false,
    tables: [
      { table: 'public.articles', inserted: 0, updated: 2, deleted: 0, rangesRead: 4, rangesSkipped: 10 },
    ],
  });

  const table = await diff('--format', 'table', '--table', 'articles');
  expect(table.exitCode, table.stderr).toBe(0);
  expect(table.stdout).toMatch(
    /^public\.articles\n {2}updated {3}id=15 {2}title: .* → updated\n {2}updated {3}id=35 /,
  );
  expect(table.stdout).toContain('0 rows inserted, 2 updated, 0 deleted (4 ranges read, 10 skipped as equal');

  const [first] =
    (await run('list', '--store', `file://${store}`, '--json')).stdout
      .match(/[\w/]*manifest_\w+\.json/g)
      ?.slice(-1) ?? [];
  const lines = await diff('--at', first ?? '', '--format', 'jsonl');
  const changes = lines.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { change: string; key: object });
  expect(changes.map(({ change, key }) => `${change} ${JSON.stringify(key)}`)).toEqual([
    'updated {"id":15}',
    'updated {"id":35}',
    ...[61, 62, 63, 64, 65].map((id) => `inserted {"id":${id}}`),
  ]);

  const mixed = await diff('--format', 'jsonl', '--json');
  expect(mixed).toMatchObject({ exitCode: 2 });
  expect(JSON.parse(mixed.stdout)).toMatchObject({ error: { code: 'E_USAGE' } });
  const live = spawnBinary(['diff', '--store', `file://${store}`, '--format', 'jsonl'], { cwd: folder });
  live.child.stdout.destroy();
  expect(await live.result).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('ERROR') });
});
