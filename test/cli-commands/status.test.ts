import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { changeObject, backUpThrice, flipBit, keysIn, type BackedUp } from '../verify/backed-up.ts';

let setup: BackedUp;
let manifests: string[];

beforeAll(async () => {
  setup = await backUpThrice();
  manifests = keysIn(setup.store, 'manifests');
});

async function status(args: readonly string[] = [], store = setup.store) {
  const url = ['--database-url', setup.database.url, '--store', `file://${store}`];
  const { exitCode, stdout, stderr } = await setup.run('status', ...url, '--json', ...args);
  expect(stdout, stderr).not.toBe('');
  return { exitCode, json: JSON.parse(stdout) as Record<string, unknown> };
}

test('restore point, last run, next run and the tables that no rule covers', async () => {
  const { client } = setup.database;
  await client.query('CREATE TABLE IF NOT EXISTS forgotten (id int PRIMARY KEY)');
  await client.query(`INSERT INTO articles VALUES (100, 'x', 'x', 'x', 'x', now(), 1, 2, 3)`);
  try {
    const { exitCode, json } = await status();
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      status: 'ok',
      restorePoints: 3,
      newest: { manifest: manifests[2], rows: 65, rowsShipped: 2 },
      damaged: [],
      interrupted: null,
      lastLog: { outcome: 'completed', error: null },
      nextRun: {
        state: 'planned',
        rowsToShip: 1,
        tables: [{ table: 'public.articles', rows: 66, rowsToShip: 1, rangesReused: 7, rangesShipped: 1 }],
        uncovered: ['public.forgotten'],
      },
    });
    const { stdout } = await setup.run(
      'status',
      '--database-url',
      setup.database.url,
      '--store',
      `file://${setup.store}`,
    );
    expect(stdout).toMatch(/^next run +public\.articles: would ship 1 of 66 rows/m);
    expect(stdout).toMatch(/^not covered +public\.forgotten/m);
  } finally {
    await client.query('DELETE FROM articles WHERE id = 100');
  }
});

test('--max-age: exit 1 when the newest restore point is older, or there is none', async () => {
  expect(await status(['--max-age', '26h'])).toMatchObject({ exitCode: 0, json: { status: 'ok' } });
  const store = await setup.copy();
  const old = await oldStore(store);
  expect(await status(['--max-age', '26h'], old)).toMatchObject({
    exitCode: 1,
    json: { status: 'failed', error: { code: 'E_BACKUP_TOO_OLD' }, newest: { rows: 65 } },
  });
  const empty = await temporaryFolder();
  expect(await status([], empty)).toMatchObject({ exitCode: 0, json: { newest: null, restorePoints: 0 } });
  const none = await status(['--max-age', '26h'], empty);
  expect(none).toMatchObject({ exitCode: 1, json: { error: { code: 'E_BACKUP_TOO_OLD' }, newest: null } });
});

test('a database that does not answer is told, and the rest with it', async () => {
  const { exitCode, json } = await status(['--database-url', 'postgresql://u@127.0.0.1:1/none']);
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({
    newest: { manifest: manifests[2] },
    nextRun: { state: 'unknown', error: { code: 'E_DB_UNREACHABLE' } },
  });
});

test('a damaged newest manifest is told, and the age is that of the newest sound one', async () => {
  const store = await setup.copy();
  changeObject(store, manifests[2] ?? '', (bytes) => flipBit(bytes, 100));
  const { exitCode, json } = await status([], store);
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({
    damaged: [{ manifest: manifests[2] }],
    newest: { manifest: manifests[1] },
    nextRun: { state: 'unknown', error: { code: 'E_MANIFEST_DAMAGED' } },
  });
});

test('an interrupted run in the checkpoint', async () => {
  const store = `file://${setup.store}`;
  const text = readFileSync(join(setup.folder, 'logs/db_backup_checkpoint.json'), 'utf8');
  const checkpoint = join(await temporaryFolder(), 'checkpoint.json');
  writeFileSync(checkpoint, text.replace('"runId":null', '"runId":"run-7"'));
  expect((await status(['--checkpoint-file', checkpoint])).json).toMatchObject({
    interrupted: { runId: 'run-7', ranges: 0, rows: 0 },
  });
  writeFileSync(
    checkpoint,
    text.replace('"runId":null', '"runId":"run-7"').replace(store, 'file:///elsewhere'),
  );
  expect((await status(['--checkpoint-file', checkpoint])).json).toMatchObject({ interrupted: null });
});

test('a last run that failed is told with its error', async () => {
  const folder = await temporaryFolder();
  const store = ['--store', `file://${setup.store}`, '--log-dir', folder];
  const failing = await setup.run('backup', ...store, '--database-url', 'postgresql://u@127.0.0.1:1/none');
  expect(failing.exitCode).toBe(1);
  const { json } = await status(['--log-dir', folder]);
  expect(json).toMatchObject({
    lastLog: { outcome: 'failed', error: expect.stringMatching(/^E_DB_UNREACHABLE: /) as string },
  });
  const { json: elsewhere } = await status(['--log-dir', join(folder, 'none')]);
  expect(elsewhere).toMatchObject({ lastLog: null });
});

/** The newest manifest of the store as if it had been committed 27 hours ago, alone in a store of its own. */
async function oldStore(store: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  const { mkdirSync } = await import('node:fs');
  const time = new Date(Math.floor((Date.now() - 27 * 3_600_000) / 1000) * 1000).toISOString();
  const text = readFileSync(join(store, manifests[2] ?? ''), 'utf8').replace(
    /"committedAt":"[^"]*"/,
    `"committedAt":"${time}"`,
  );
  const body = text.slice(0, text.lastIndexOf('\n"sha256":'));
  const sha256 = createHash('sha256').update(body).digest('hex');
  const folder = await temporaryFolder();
  mkdirSync(join(folder, 'manifests'));
  const stamp = time.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_');
  writeFileSync(
    join(folder, `manifests/backup_manifest_${stamp}.json`),
    `${body}\n"sha256":"${sha256}"\n}\n`,
  );
  return folder;
}
