import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startS3Server } from '../support/s3-server/server.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { expectOnlyItsFolder, startDemo } from './demo-run.ts';

test('the demo backs up, changes, backs up again, restores and proves, and leaves only its folder', async () => {
  const run = await startDemo(['--chunk-size', '100']);
  await run.process.waitForOutput(/First backup/);
  const pids = await run.pids();
  expect(pids.length).toBeGreaterThan(2);
  const { exitCode, stdout, stderr } = await run.process.result;
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stderr.split('\n').filter((line) => line.startsWith('✓'))).toHaveLength(9);
  expect(stderr).not.toContain('\u001b');
  expect(stdout).toMatch(/^articles in the table +400 +\d+$/m);
  expect(stdout).toMatch(/^plain COPY, restored .*, equal$/m);
  expect(stdout).toMatch(/^committed late +40 of 40 rows there$/m);
  await expectOnlyItsFolder(run, pids);
});

test('its result as JSON, and what its folder holds', async () => {
  const run = await startDemo(['--json', '--compression', 'zstd']);
  const { exitCode, stdout, stderr } = await run.process.result;
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    status: 'completed',
    firstBackup: { tables: [{ rows: 400, rowsShipped: 400 }] },
    changes: { inserted: 4, committedLate: 40 },
    verifyDeep: { status: 'ok', findings: [] },
    verifyAgainst: { status: 'ok', findings: [] },
    proof: { lateRows: 40, lateRowsRestored: 40 },
  });
  expect(result.proof.source).toEqual(result.proof.restored);
  expect(result.restore.tables[0].rows).toBe(result.secondBackup.tables[0].rows);
  expect(result.writer.transactions).toBeGreaterThan(0);
  expect(await readdir(result.folder)).toEqual(['logs', 'store']);
  const chunks = await readdir(join(result.folder, 'store', 'chunks'));
  expect(chunks.every((name) => name.endsWith('.json.zst'))).toBe(true);
  for (const name of await readdir(join(result.folder, 'logs'))) {
    expect(await readFile(join(result.folder, 'logs', name), 'utf8')).not.toMatch(
      /postgresql:\/\/postgres:[^[]/,
    );
  }
});

test('a given store takes the demo below a prefix of its own, time and again', async () => {
  const server = await startS3Server();
  cleanUpLater(async () => server.stop());
  const env = {
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  };
  const args = ['--json', '--store', 's3://demo-bucket/some/prefix/', '--endpoint-url', server.endpoint];
  const stores: string[] = [];
  for (let time = 0; time < 2; time += 1) {
    const run = await startDemo(args, env);
    const { exitCode, stdout, stderr } = await run.process.result;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    stores.push(JSON.parse(stdout).store);
    expect(await readdir(JSON.parse(stdout).folder)).toEqual(['logs']);
  }
  expect(stores[0]).toMatch(/^s3:\/\/demo-bucket\/some\/prefix\/demo-\d{8}-\d{6}$/);
  expect(stores[1]).not.toBe(stores[0]);
});

test('variables that name another database or store are not for the demo’s commands', async () => {
  const run = await startDemo(['--json'], {
    PGHOST: '192.0.2.1',
    PGSSLMODE: 'verify-full',
    PGOPTIONS: '-c search_path=elsewhere',
    STORYDREDGE_BACKUP_DATABASE_URL: 'postgresql://192.0.2.1/production',
    STORYDREDGE_BACKUP_CHUNK_SIZE: '50',
    STORYDREDGE_BACKUP_TABLE: 'other',
  });
  const { exitCode, stdout, stderr } = await run.process.result;
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(stdout).firstBackup.tables[0]).toMatchObject({ chunksWritten: 8 });
});

test('what a command fails of is what the demo fails of', async () => {
  const server = await startS3Server();
  cleanUpLater(async () => server.stop());
  const run = await startDemo(['--store', 's3://demo-bucket', '--endpoint-url', server.endpoint], {
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: 'another',
  });
  await run.process.waitForOutput(/Wrote/);
  const pids = await run.pids();
  const { exitCode, stderr } = await run.process.result;
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/\nERROR E_STORE_\w+: backup failed: .*\nhint: /);
  await expectOnlyItsFolder(run, pids);
});
