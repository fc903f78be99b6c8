import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { init } from '../../../src/cli/commands/init.ts';
import { withoutPassword } from '../../../src/cli/init/collect-answers.ts';
import { loadSettings } from '../../../src/config/load-settings.ts';
import { parseConnectionString } from '../../../src/postgres/parse-connection-string.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { fakeHost, runWith, type FakeHost, type Run } from '../fake-host.ts';

function runInit(host: FakeHost, ...argv: string[]): Promise<Run> {
  return runWith(['init', ...argv], init, host, { name: 'init', readsConfigFile: false });
}

async function written(folder: string) {
  const { settings } = await loadSettings({ flags: {}, environment: {}, folder });
  return settings;
}

describe('init with flags', () => {
  test('writes a file that reads back as what was given, without the password', async () => {
    const folder = await temporaryFolder();
    const { status, stdout } = await runInit(
      fakeHost({ folder, environment: { STORYDREDGE_BACKUP_CHUNK_BYTES: '1MiB' } }),
      '--database-url=postgresql://me:hunter2@db:5432/shop',
      '--store=s3://bucket/p',
      '--table=a,b',
      '--object-tags=team=${X}',
      '--role=reader',
    );
    expect(status).toBe(0);
    expect(await written(folder)).toMatchObject({
      store: 's3://bucket/p',
      table: ['a', 'b'],
      objectTags: { team: '${X}' },
      chunkBytes: 1024 * 1024,
      role: 'storydredge_backup',
    });
    expect((await written(folder)).databaseUrl?.reveal()).toBe('postgresql://me@db:5432/shop');
    const path = join(folder, 'storydredge-backup.yaml');
    expect(readFileSync(path, 'utf8') + stdout).not.toContain('hunter2');
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(stdout).toContain('GRANT CONNECT ON DATABASE "shop" TO "reader";');
    expect(stdout).toContain('"arn:aws:s3:::bucket/p/*"');
  });

  test('points editors to the schema', async () => {
    const folder = await temporaryFolder();
    await runInit(fakeHost({ folder }), '--yes');
    const [first = ''] = readFileSync(join(folder, 'storydredge-backup.yaml'), 'utf8').split('\n');
    const [, schema = ''] = /^# yaml-language-server: \$schema=(.+)$/.exec(first) ?? [];
    expect(JSON.parse(readFileSync(schema, 'utf8'))).toMatchObject({ type: 'object' });
  });

  test('with --json returns the SQL and the policy as data', async () => {
    const host = fakeHost({ folder: await temporaryFolder(), environment: { PGDATABASE: 'paper' } });
    const { stdout } = await runInit(host, '--json', '--config', 'other.yaml', '--store', 'file:///backups');
    expect(JSON.parse(stdout)).toEqual({
      status: 'completed',
      configFile: 'other.yaml',
      sql: expect.stringContaining('DATABASE "paper"') as string,
      iamPolicy: null,
    });
    expect(existsSync(join(host.folder, 'other.yaml'))).toBe(true);
  });

  test('overwrites only with --force', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'storydredge-backup.yaml');
    writeFileSync(path, 'broken: [');
    expect(await runInit(fakeHost({ folder }))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('exists already') as string,
    });
    expect(readFileSync(path, 'utf8')).toBe('broken: [');
    expect(await runInit(fakeHost({ folder }), '--force')).toMatchObject({ status: 0 });
    expect((await written(folder)).table).toEqual(['articles']);
  });

  test('says why it cannot write', async () => {
    const folder = await temporaryFolder();
    chmodSync(folder, 0o700);
    const run = await runInit(fakeHost({ folder }), '--config', 'missing-folder/c.yaml');
    expect(run).toMatchObject({ status: 1, stderr: expect.stringContaining('E_OUTPUT') as string });
  });
});

describe('init on a terminal', () => {
  async function answer(answers: readonly string[], ...argv: string[]): Promise<Run & { folder: string }> {
    const folder = await temporaryFolder();
    const host = fakeHost({ folder, columns: 80 });
    const running = runInit(host, ...argv);
    for (const [index, text] of answers.entries()) {
      await expect.poll(() => host.errors().match(/: (\u001b|$)/g)?.length ?? 0).toBeGreaterThan(index);
      host.stdin.write(text);
    }
    return { ...(await running), folder };
  }

  test('asks for what was not given, again after nonsense, and takes defaults for empty answers', async () => {
    const run = await answer([
      'postgresql://me:hunter2@db/shop\r',
      '\r',
      'ftp://nowhere\r',
      's3://bucket/p\r',
      'eu-central-1\r',
      '\r',
    ]);
    expect(run.status).toBe(0);
    expect(run.stderr).toContain('It must be s3://bucket/prefix or file:///folder.');
    const settings = await written(run.folder);
    expect(settings).toMatchObject({
      store: 's3://bucket/p',
      region: 'eu-central-1',
      table: ['articles'],
      endpointUrl: undefined,
    });
    expect(settings.databaseUrl?.reveal()).toBe('postgresql://me@db/shop');
    expect(run.stdout).toContain('DATABASE "shop"');
  });

  test('does not ask for a region of a folder', async () => {
    const run = await answer(['\r', '\r'], '--store', 'file:///backups');
    expect(run).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('No policy is needed') as string,
    });
  });

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s leaves nothing behind', async (_, key) => {
    const run = await answer(['\r', key]);
    expect(run).toMatchObject({ status: 130, stderr: expect.stringContaining('E_INTERRUPTED') as string });
    expect(existsSync(join(run.folder, 'storydredge-backup.yaml'))).toBe(false);
  });
});

test.each([
  ['postgresql://u:p%40ss@h:1/d?sslmode=require', 'postgresql://u@h:1/d?sslmode=require'],
  ['postgres://u@h/d', 'postgres://u@h/d'],
  ['postgresql://h/d?password=x', 'postgresql://h/d'],
  ['postgresql://h/d?password=x&sslmode=require', 'postgresql://h/d?sslmode=require'],
  ['postgresql://h/d?user=u&password=x', 'postgresql://h/d?user=u'],
  ["host=h password='a b' dbname=d", 'host=h dbname=d'],
  ['password=x host=h', 'host=h'],
])('%s is kept as %s', (given, kept) => {
  const bare = withoutPassword(given);
  expect(bare.replace(/ +/g, ' ')).toBe(kept);
  const { password: _, ...rest } = parseConnectionString(given);
  expect(parseConnectionString(bare)).toEqual(rest);
});
