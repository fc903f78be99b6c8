import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createArticles } from '../support/articles.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary, spawnBinary } from '../support/process.ts';
import { startS3Server, type S3Server } from '../support/s3-server/server.ts';
import type { S3Object } from '../support/s3-server/state.ts';
import type { VerifyJson } from '../verify/backed-up.ts';

const bucket = 'backups';
const prefix = 'daily/articles';

let server: S3Server;
let folder: string;

beforeAll(async () => {
  server = await startS3Server();
  folder = await temporaryFolder();
  const database = await createDatabase();
  await createArticles(database.client, { count: 45, seed: 3 });
  const backup = ['backup', '--database-url', database.url, '--chunk-size', '10', '--compression', 'gzip'];
  const { exitCode, stderr } = await run(...backup);
  expect(exitCode, stderr).toBe(0);
  await database.client.query(`UPDATE articles SET title = 'x' WHERE id = 3`);
  expect((await run(...backup)).exitCode).toBe(0);
});
afterAll(() => server.stop());

async function run(...args: string[]) {
  return runBinary(
    [...args, '--store', `s3://${bucket}/${prefix}`, '--endpoint-url', server.endpoint, '--json'],
    {
      cwd: folder,
      env: { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey },
    },
  );
}

async function verify(...args: string[]) {
  const { exitCode, stdout, stderr } = await run(
    'verify',
    '--checkpoint-file',
    join(folder, 'none.json'),
    ...args,
  );
  expect(stdout, stderr).not.toBe('');
  return { exitCode, json: JSON.parse(stdout) as VerifyJson };
}

const keysBelow = (part: string) =>
  [...server.objects(bucket).keys()].filter((key) => key.startsWith(`${prefix}/${part}/`)).sort();

/** Damages an object behind the server's back while `work` runs. */
async function withDamage<T>(
  key: string,
  damage: (object: S3Object) => S3Object | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const objects = server.objects(bucket);
  const object = objects.get(key);
  if (!object) throw new Error(`there is no ${key}`);
  const damaged = damage(object);
  if (damaged) objects.set(key, damaged);
  else objects.delete(key);
  try {
    return await work();
  } finally {
    objects.set(key, object);
  }
}

const flipped = (object: S3Object): S3Object => {
  const body = Buffer.from(object.body);
  body[20] = (body[20] ?? 0) ^ 1;
  return { ...object, body };
};

test('a sound store: each checksum that S3 keeps is compared, and nothing is written', async () => {
  const before = server.requests.length;
  const { exitCode, json } = await verify();
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({
    status: 'ok',
    findings: [],
    chunks: 6,
    checksumsCompared: 6,
    manifestsChecked: 2,
  });
  const written = server.requests
    .slice(before)
    .filter(({ operation }) => /Put|Delete|Post|Create|Upload/.test(operation));
  expect(written).toEqual([]);
  expect(await verify('--deep')).toMatchObject({ exitCode: 0, json: { findings: [] } });
});

test('a chunk that was replaced through S3 is found by its checksum alone', async () => {
  const key = keysBelow('chunks')[1] ?? '';
  const replace = (object: S3Object): S3Object => {
    const body = flipped(object).body;
    const sha256 = createHash('sha256').update(body).digest('base64');
    const entries = Object.keys(object.checksums).map((name) => [name, sha256] as const);
    return { ...object, body, checksums: Object.fromEntries(entries) };
  };
  const { exitCode, json } = await withDamage(key, replace, () => verify());
  expect(exitCode).toBe(4);
  expect(json.findings).toMatchObject([{ code: 'CHUNK_CHECKSUM', object: key, table: 'public.articles' }]);
});

test('a bit that rotted below S3 is found by --deep in every object, by its whole key, without long retries', async () => {
  for (const key of keysBelow('chunks')) {
    const { exitCode, json } = await withDamage(
      key,
      (object) => flipped(object),
      () => verify('--deep'),
    );
    expect(exitCode).toBe(4);
    expect(json.findings).toMatchObject([{ code: 'CHUNK_DAMAGED', object: key }]);
  }
  for (const key of keysBelow('manifests')) {
    const { json } = await withDamage(
      key,
      (object) => flipped(object),
      () => verify(),
    );
    expect(json.findings).toMatchObject([{ code: 'MANIFEST_DAMAGED', object: key }]);
  }
});

test('deleted and truncated objects', async () => {
  const [first = '', second = ''] = keysBelow('chunks');
  const missing = await withDamage(
    first,
    () => undefined,
    () => verify('--deep'),
  );
  expect(missing.json.findings).toMatchObject([{ code: 'CHUNK_MISSING', object: first }]);
  const cut = (object: S3Object): S3Object => ({ ...object, body: object.body.subarray(0, 30) });
  const short = await withDamage(second, cut, () => verify());
  expect(short.json.findings).toMatchObject([{ code: 'CHUNK_SIZE', object: second }]);
  const root = keysBelow('manifests')[0] ?? '';
  const lost = await withDamage(
    root,
    () => undefined,
    () => verify(),
  );
  expect(lost.json.findings).toMatchObject([{ code: 'MANIFEST_MISSING', object: root }]);
});

test('bytes that were changed on their way only are fetched again, and no damage', async () => {
  const key = keysBelow('chunks')[2] ?? '';
  server.faults.add({ operation: 'GetObject', key, effect: 'flip-bit' });
  expect(await verify('--deep')).toMatchObject({ exitCode: 0, json: { status: 'ok', findings: [] } });
  expect(server.faults.left).toBe(0);
});

test('ends at once when it is told to, also while the store does not answer', async () => {
  server.faults.add({ operation: 'GetObject', effect: 'stall' });
  const live = spawnBinary(
    ['verify', '--deep', '--store', `s3://${bucket}/${prefix}`, '--endpoint-url', server.endpoint],
    {
      cwd: folder,
      env: { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey },
    },
  );
  await vi.waitUntil(() => server.faults.left === 0, { timeout: 60_000 });
  live.kill('SIGTERM');
  expect(await live.result).toMatchObject({ exitCode: 143 });
});
