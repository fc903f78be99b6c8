import { createServer, connect as connectSocket, type Socket } from 'node:net';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { createArticles } from '../support/articles.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { runBinary, spawnBinary } from '../support/process.ts';
import { copyText, makeScene, relations, type Scene } from './support.ts';

/** Polls until the query gives a row. */
async function waitFor(client: pg.Client, sql: string): Promise<void> {
  while ((await client.query(sql)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

const noneLeft = `SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND application_name LIKE 'storydredge-backup%')`;
const stagingOf = async (client: pg.Client) =>
  (await relations(client)).filter((name) => name.startsWith('storydredge_restore_'));

function argumentsOf({ target, storeUrl }: Scene): string[] {
  return ['restore', '--target-url', target.url, '--store', storeUrl, '--no-progress', '--json'];
}

async function articlesScene(count: number): Promise<Scene> {
  const scene = await makeScene();
  await createArticles(scene.source.client, { count });
  await scene.backup();
  return scene;
}

describe('a restore that ends in the middle leaves the target as it was (law 4)', () => {
  test('SIGKILL while it loads; the next restore drops what was left', async () => {
    const scene = await articlesScene(6000);
    const { source, target, folder } = scene;
    const before = await relations(target.client);
    const process = spawnBinary(argumentsOf(scene), { cwd: folder });
    await waitFor(target.client, `SELECT FROM pg_class WHERE relname = 'loaded_ranges'`);
    process.kill('SIGKILL');
    expect((await process.result).signal).toBe('SIGKILL');
    await waitFor(target.client, noneLeft);
    expect((await stagingOf(target.client)).length).toBeGreaterThan(0);
    expect(
      (await relations(target.client)).filter((name) => !name.startsWith('storydredge_restore_')),
    ).toEqual(before);

    const { exitCode, stdout, stderr } = await runBinary(argumentsOf(scene), { cwd: folder });
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'completed',
      tables: [{ table: 'public.articles', rows: 6000 }],
    });
    expect(await stagingOf(target.client)).toEqual([]);
    expect(await copyText(target.client, 'articles')).toEqual(await copyText(source.client, 'articles'));
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    '%s before the swap, with rows to be replaced',
    async (signal) => {
      const scene = await articlesScene(300);
      const { source, target, folder } = scene;
      await createArticles(target.client, { count: 50, seed: 9 });
      const before = await copyText(target.client, 'articles');
      const blocker = await target.connect();
      await blocker.query('BEGIN; LOCK TABLE articles IN ACCESS SHARE MODE');
      const process = spawnBinary([...argumentsOf(scene), '--clean'], { cwd: folder });
      await waitFor(
        target.client,
        `SELECT FROM pg_locks WHERE relation = 'articles'::regclass AND NOT granted`,
      );
      process.kill(signal);
      const { exitCode, stdout } = await process.result;
      if (signal === 'SIGTERM') {
        expect(exitCode).toBe(143);
        expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: { code: 'E_INTERRUPTED' } });
        expect(await stagingOf(target.client)).toEqual([]);
      }
      await blocker.query('COMMIT');
      await waitFor(target.client, noneLeft);
      expect(await copyText(target.client, 'articles')).toEqual(before);
      await scene.restore({ clean: true });
      expect(await stagingOf(target.client)).toEqual([]);
      expect(await copyText(target.client, 'articles')).toEqual(await copyText(source.client, 'articles'));
    },
  );

  test('the staging of a restore that still runs is left alone', async () => {
    const scene = await articlesScene(300);
    const { target, folder } = scene;
    await createArticles(target.client, { count: 50, seed: 9 });
    const blocker = await target.connect();
    await blocker.query('BEGIN; LOCK TABLE articles IN ACCESS SHARE MODE');
    const process = spawnBinary([...argumentsOf(scene), '--clean'], { cwd: folder });
    await waitFor(
      target.client,
      `SELECT FROM pg_locks WHERE relation = 'articles'::regclass AND NOT granted`,
    );
    const staging = await stagingOf(target.client);
    await scene.restore({ into: 'other' });
    expect(await stagingOf(target.client)).toEqual(staging);
    await blocker.query('COMMIT');
    expect((await process.result).exitCode).toBe(0);
    expect(await stagingOf(target.client)).toEqual([]);
  });
});

describe('connections that break', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await articlesScene(3000);
  });

  test('a range whose commit got no answer is loaded once', async () => {
    const { source, target } = scene;
    await scene.restore({}, await losingAnswer(target.url, 'loaded_ranges'));
    expect(scene.logged.join('\n')).toContain('Failed to load a range of public.articles, trying again');
    expect(await copyText(target.client, 'articles')).toEqual(await copyText(source.client, 'articles'));
  });

  test('a swap whose commit got no answer is known to have happened', async () => {
    const { source, target } = scene;
    const url = await losingAnswer(target.url, 'pg_current_xact_id');
    await scene.restore({ into: 'unanswered' }, url);
    expect(await copyText(target.client, 'unanswered')).toEqual(await copyText(source.client, 'articles'));
    expect(await stagingOf(target.client)).toEqual([]);
  });
});

/**
 * A way to the server on which one connection breaks: after the server has done the COMMIT that follows `mark`, and
 * before its answer arrives.
 */
async function losingAnswer(url: string, mark: string): Promise<string> {
  const to = new URL(url);
  const sockets = new Set<Socket>();
  let lost = false;
  const server = createServer((client) => {
    const upstream = connectSocket(Number(to.port), to.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    let marked = false;
    let dropped = false;
    client.on('data', (bytes: Buffer) => {
      if (marked && !lost && bytes.includes('COMMIT')) [lost, dropped] = [true, true];
      marked ||= bytes.includes(mark);
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => (dropped ? client.destroy() : client.write(bytes)));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  cleanUpLater(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const through = new URL(url);
  through.port = String(typeof address === 'object' && address ? address.port : 0);
  return through.href;
}
