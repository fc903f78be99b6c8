import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { runBinary } from '../support/process.ts';
import { startS3Server, type S3Server } from '../support/s3-server/server.ts';
import { backUpThrice, changeObject, flipBit, keysIn, type BackedUp } from '../verify/backed-up.ts';

interface ListJson {
  readonly status: string;
  readonly total: number;
  readonly restorePoints: readonly Record<string, unknown>[];
}

let setup: BackedUp;
let manifests: string[];
let server: S3Server;

beforeAll(async () => {
  setup = await backUpThrice();
  manifests = keysIn(setup.store, 'manifests');
  server = await startS3Server();
});
afterAll(() => server.stop());

async function list(store: string, ...args: string[]): Promise<ListJson> {
  const { exitCode, stdout, stderr } = await setup.run(
    'list',
    '--store',
    `file://${store}`,
    '--json',
    ...args,
  );
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as ListJson;
}

test('restore points, newest first, with their figures and their place in the chain', async () => {
  const { total, restorePoints } = await list(setup.store);
  expect(total).toBe(3);
  expect(restorePoints.map(({ manifest }) => manifest)).toEqual(manifests.toReversed());
  expect(restorePoints).toMatchObject([
    { state: 'usable', rows: 65, tables: 1, rowsShipped: 2, chain: 'linked', parent: manifests[1] },
    { state: 'usable', rows: 65, tables: 1, rowsShipped: 5, chain: 'linked', parent: manifests[0] },
    { state: 'usable', rows: 60, tables: 1, rowsShipped: 60, chain: 'root', parent: null },
  ]);
  const verified = await setup.verify();
  expect(restorePoints[0]?.['bytes']).toBe(verified.json.bytes);
});

test('--limit takes the newest', async () => {
  const { total, restorePoints } = await list(setup.store, '--limit', '1');
  expect({ total, keys: restorePoints.map(({ manifest }) => manifest) }).toEqual({
    total: 3,
    keys: [manifests[2]],
  });
  const { stdout } = await setup.run('list', '--store', `file://${setup.store}`, '--limit', '1');
  expect(stdout).toMatch(
    /committed \(UTC\) .*\n.* 65 .* linked .*backup_manifest_.*\.json\n… and 2 older\n$/,
  );
});

test('damaged manifests are listed as such, and stop nothing', async () => {
  const store = await setup.copy();
  const [first = '', second = '', third = ''] = manifests;
  changeObject(store, third, () => new Uint8Array());
  changeObject(store, second, (bytes) => flipBit(bytes, 2));
  const { restorePoints } = await list(store);
  expect(restorePoints).toMatchObject([
    { manifest: third, state: 'damaged', rows: null, chain: 'unknown' },
    { manifest: second, state: 'damaged', rows: null, chain: 'unknown' },
    { manifest: first, state: 'usable', rows: 60 },
  ]);
  expect(restorePoints[0]?.['problem']).toContain(third);
  const { stdout } = await setup.run('list', '--store', `file://${store}`);
  expect(stdout.match(/DAMAGED/g)).toHaveLength(2);
});

test('a lost parent is shown', async () => {
  const store = await setup.copy();
  rmSync(join(store, manifests[1] ?? ''));
  expect((await list(store)).restorePoints).toMatchObject([{ chain: 'parent missing' }, { chain: 'root' }]);
});

test('an empty store has an empty list', async () => {
  const folder = await temporaryFolder();
  expect(await list(folder)).toMatchObject({ status: 'completed', total: 0, restorePoints: [] });
});

test('what lies beside the manifests is none of them', async () => {
  const store = await setup.copy();
  writeFileSync(join(store, 'manifests/notes.txt'), 'x');
  expect((await list(store)).total).toBe(3);
});

test('on S3 each restore point costs one request of a part of its manifest', async () => {
  const store = ['--store', 's3://bucket/prefix', '--endpoint-url', server.endpoint];
  const env = { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey };
  const options = { cwd: setup.folder, env };
  const source = ['--database-url', setup.database.url, '--chunk-size', '1'];
  for (const _ of [1, 2]) {
    expect((await runBinary(['backup', ...source, ...store], options)).exitCode).toBe(0);
  }
  const before = server.requests.length;
  const { exitCode, stdout } = await runBinary(['list', ...store, '--json'], options);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ restorePoints: [{ rows: 65 }, { rows: 65 }] });
  const requests = server.requests.slice(before);
  expect(requests.map(({ operation }) => operation)).toEqual(['ListObjectsV2', 'GetObject', 'GetObject']);
  expect(requests.slice(1).map(({ headers }) => headers['range'])).toEqual([
    'bytes=0-65535',
    'bytes=0-65535',
  ]);
});
