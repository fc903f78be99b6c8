import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createArticles } from './support/articles.ts';
import { temporaryFolder } from './support/folder.ts';
import { createDatabase, type TestDatabase } from './support/postgres.ts';
import { spawnNode } from './support/process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

let database: TestDatabase;
let target: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  target = await createDatabase();
  await createArticles(database.client, { count: 30 });
});

/** A folder in which the built package is installed. */
async function dependentFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/storydredge-backup'));
  return folder;
}

/** As a program that depends on the package writes it. */
async function useLibrary(code: string): Promise<unknown> {
  const cwd = await dependentFolder();
  await writeFile(join(cwd, 'program.mjs'), code);
  const { result } = spawnNode(['program.mjs'], { cwd });
  const { exitCode, stdout, stderr } = await result;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('the built package', () => {
  it('backs up, restores and verifies as a library', async () => {
    const folder = await temporaryFolder();
    const found = await useLibrary(`
      import * as library from 'storydredge-backup';
      const url = new library.Secret(${JSON.stringify(database.url)});
      const targetUrl = new library.Secret(${JSON.stringify(target.url)});
      const store = await library.openStore(${JSON.stringify(pathToFileURL(join(folder, 'store')).href)});
      const common = { store, reporter: library.silentReporter, signal: new AbortController().signal };
      const checkpointFile = ${JSON.stringify(join(folder, 'checkpoint.json'))};
      const settings = { tables: ['articles'], chunkSize: 10, chunkBytes: 2 ** 20, compression: 'zstd', full: false,
        maxWorkers: 2, checkpointFile, schema: 'none' };
      const input = { ...common, target: await library.resolveConnection({ databaseUrl: url }, process.env),
        databaseUrl: url, settings, startedAt: new Date(), version: 'test' };
      const plan = await library.planBackup(input);
      const backup = await library.runBackup(input);
      const restored = await library.runRestore({ ...common, targetUrl, startedAt: new Date(),
        target: await library.resolveConnection({ databaseUrl: targetUrl }, process.env),
        settings: { at: 'latest', tables: undefined, into: undefined, clean: false, owner: false, grants: false, maxWorkers: 2 } });
      const verified = await library.runVerify({ ...common, at: 'latest', deep: true, against: undefined,
        tables: undefined, checkpointFile, maxWorkers: 2 });
      const points = await library.listRestorePoints(store);
      store.close();
      console.log(JSON.stringify([plan.tables[0].rows, backup.rowsShipped, restored.tables[0].rows, verified.status, points.length]));
    `);
    expect(found).toEqual([30, 30, 30, 'ok', 1]);
    const { rows } = await target.client.query('SELECT count(*)::int AS n FROM articles');
    expect(rows).toEqual([{ n: 30 }]);
  });

  it('rejects with errors that have a code and a hint', async () => {
    const found = await useLibrary(`
      import { BackupError, errorCodes, openStore } from 'storydredge-backup';
      const error = await openStore('ftp://nowhere').catch((thrown) => thrown);
      console.log(JSON.stringify([error instanceof BackupError, error.code, errorCodes[error.code].exit]));
    `);
    expect(found).toEqual([true, 'E_STORE_URL', 2]);
  });

  it('has types that a strict program compiles with', async () => {
    const cwd = await dependentFolder();
    const uses = `import { openStore, Secret, type BackupInput, type RangeEntry } from 'storydredge-backup';
export const store = openStore('file:///x');
export const secret: string = new Secret('x').toString();
export const tables = (input: BackupInput): readonly string[] => input.settings.tables;
// @ts-expect-error The types are really there: rows is a number.
export const rows = (range: RangeEntry): string => range.rows;
// @ts-expect-error There is no such setting.
export const wrong = (input: BackupInput): unknown => input.settings.tabels;
`;
    await writeFile(join(cwd, 'uses.mts'), uses);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024'];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const { result } = spawnNode([tsc, ...options, ...types, 'uses.mts'], { cwd });
    const { exitCode, stdout } = await result;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  });

  it('holds what it should, and nothing else', async () => {
    const folder = await temporaryFolder();
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--cache', join(folder, 'npm')];
    const { stdout } = await promisify(execFile)('npm', args, { cwd: root });
    const [packed] = JSON.parse(stdout) as [{ files: { path: string; mode: number }[] }];
    const paths = packed.files.map(({ path }) => path);
    const wanted = [
      'dist/bin/storydredge-backup.js',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/backup/read-worker.js',
      'schema/storydredge-backup.schema.json',
      'docs/errors.md',
      'docs/options.md',
      'docs/format.md',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'package.json',
    ];
    expect(paths).toEqual(expect.arrayContaining(wanted));
    const strange = /^(dist|schema|docs)\/|^(README\.md|CHANGELOG\.md|LICENSE|package\.json)$/;
    expect(paths.filter((path) => !strange.test(path))).toEqual([]);
    const binary = packed.files.find(({ path }) => path === 'dist/bin/storydredge-backup.js');
    expect((binary?.mode ?? 0) & 0o111).toBe(0o111);
  });
});
