import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import type { BackupError } from '../../src/core/errors.ts';
import { toBackupError } from '../../src/core/errors.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { collect, pieces } from './bytes.ts';
import { freshBucket, openDriver, openS3, quickRetries, s3Server, useCredentials } from './s3-fixture.ts';

const server = await s3Server({ foreignBuckets: ['taken'] });
server.createBucket('in-frankfurt', 'eu-central-1');
const body = Buffer.from('body');

async function failureOf(operation: () => Promise<unknown>): Promise<BackupError> {
  return operation().then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => toBackupError(error),
  );
}

/** A deletion that the store refuses is returned, so that others go on. */
async function refusalOf(store: Store, key: string): Promise<never> {
  const [refused] = await store.delete([key]);
  throw refused?.error ?? new Error('nothing was refused');
}

describe('a permission that is missing is named in the hint', () => {
  const large = (): AsyncIterable<Uint8Array> => pieces(Buffer.alloc(17 * 1024 * 1024), 1 << 20);
  const cases: [operation: string, run: (store: Store) => Promise<unknown>, grant: string][] = [
    [
      'PutObject',
      (s) => s.put('chunks/1', body),
      's3:PutObject on arn:aws:s3:::BUCKET/database_backups/chunks/*',
    ],
    [
      'UploadPart',
      (s) => s.putStream('m/1', large()),
      's3:PutObject on arn:aws:s3:::BUCKET/database_backups/m/*',
    ],
    ['GetObject', (s) => s.get('a/1'), 's3:GetObject on arn:aws:s3:::BUCKET/database_backups/a/*'],
    ['HeadObject', (s) => s.head('a/1'), 's3:GetObject on arn:aws:s3:::BUCKET/database_backups/a/*'],
    ['ListObjectsV2', (s) => collect(s.list('')), 's3:ListBucket on arn:aws:s3:::BUCKET to'],
    ['DeleteObject', (s) => refusalOf(s, 'a'), 's3:DeleteObject on arn:aws:s3:::BUCKET/database_backups/*'],
    [
      'DeleteObjects',
      (s) => s.delete(['a', 'b']),
      's3:DeleteObject on arn:aws:s3:::BUCKET/database_backups/*',
    ],
  ];
  test.each(cases)('%s', async (operation, run, grant) => {
    const bucket = freshBucket();
    const store = await openS3(server, {}, bucket);
    server.denied.add(operation);
    const error = await failureOf(() => run(store));
    server.denied.clear();
    expect(error).toMatchObject({ code: 'E_STORE_ACCESS_DENIED', retryable: false });
    expect(error.hint).toContain(`Grant ${grant.replace('BUCKET', bucket)}`);
    expect(error.message).toContain(`s3://${bucket}`);
  });

  test('CreateBucket', async () => {
    server.denied.add('CreateBucket');
    const error = await failureOf(() => openS3(server, {}, 'not-mine'));
    server.denied.clear();
    expect(error).toMatchObject({ code: 'E_STORE_ACCESS_DENIED' });
    expect(error.hint).toContain('Grant s3:CreateBucket on arn:aws:s3:::not-mine to');
  });
});

describe('the place is wrong', () => {
  test('a bucket in another region', async () => {
    const error = await failureOf(() => openS3(server, {}, 'in-frankfurt'));
    expect(error).toMatchObject({ code: 'E_STORE_REGION', retryable: false });
    expect(error.hint).toContain('is in eu-central-1, not us-east-1: pass --region eu-central-1');
    const store = await openS3(server, { region: 'eu-central-1' }, 'in-frankfurt');
    await store.put('a', body);
  });

  test('a bucket in another region, where the answer has no body', async () => {
    const store = await openDriver(server, { region: 'eu-central-1' }, 'in-frankfurt');
    const { url } = store;
    const elsewhere = await openStore(url, {
      ...quickRetries,
      endpointUrl: server.endpoint,
      region: 'eu-west-1',
    });
    const error = await failureOf(() => elsewhere.head('a'));
    expect(error).toMatchObject({ code: 'E_STORE_REGION' });
    expect(error.hint).toContain('--region eu-central-1');
  });

  test('a bucket that is not there', async () => {
    const store = await openStore('s3://no-such-bucket/p', { ...quickRetries, endpointUrl: server.endpoint });
    expect(await failureOf(() => store.get('a'))).toMatchObject({ code: 'E_STORE_BUCKET', retryable: false });
    expect(await failureOf(() => store.put('a', body))).toMatchObject({ code: 'E_STORE_BUCKET' });
  });

  test('a bucket of somebody else', async () => {
    const error = await failureOf(() => openS3(server, {}, 'taken'));
    expect(error).toMatchObject({ code: 'E_STORE_BUCKET' });
    expect(error.hint).toContain('Another account');
  });

  test('an endpoint where nobody listens is tried again, and named', async () => {
    let retries = 0;
    const endpointUrl = 'http://127.0.0.1:1';
    const store = await openStore('s3://bucket', {
      ...quickRetries,
      endpointUrl,
      onRetry: () => (retries += 1),
    });
    const error = await failureOf(() => store.prepare());
    expect(error).toMatchObject({ code: 'E_STORE_UNREACHABLE' });
    expect(error.hint).toContain(endpointUrl);
    expect(error.message).toContain('ECONNREFUSED');
    expect(retries).toBe(4);
  });

  test('a host that does not exist is not tried again', async () => {
    let retries = 0;
    const endpointUrl = 'http://store.invalid';
    const store = await openStore('s3://bucket', {
      ...quickRetries,
      endpointUrl,
      onRetry: () => (retries += 1),
    });
    const error = await failureOf(() => store.prepare());
    expect(error).toMatchObject({ code: 'E_STORE_UNREACHABLE' });
    if (error.message.includes('ENOTFOUND')) expect(retries).toBe(0);
  });

  test.each(['127.0.0.1:9000', 'ftp://host', 'http://', 'nonsense'])(
    'the endpoint %j',
    async (endpointUrl) => {
      const store = await openStore('s3://bucket', { ...quickRetries, endpointUrl });
      const error = await failureOf(() => store.prepare());
      expect(error).toMatchObject({ code: 'E_STORE_URL', exit: 2 });
      expect(error.hint).toContain('--endpoint-url');
    },
  );
});

describe('the credentials are wrong', () => {
  const cases: [what: string, id: string | undefined, secret: string | undefined, hint: string][] = [
    ['missing', undefined, undefined, 'AWS_ACCESS_KEY_ID'],
    ['an unknown key', 'UNKNOWNKEY', 'planted-secret', 'does not know AWS_ACCESS_KEY_ID'],
    ['a wrong secret', server.accessKeyId, 'planted-secret', 'AWS_SECRET_ACCESS_KEY does not belong'],
  ];
  test.each(cases)('%s', async (_what, id, secret, hint) => {
    useCredentials(id, secret);
    const error = await failureOf(() => openS3(server));
    useCredentials(server.accessKeyId, server.secretAccessKey);
    expect(error).toMatchObject({ code: 'E_STORE_CREDENTIALS', retryable: false });
    expect(error.hint).toContain(hint);
  });

  test('an expired session is renewed once', async () => {
    const store = await openS3(server);
    server.faults.add({ operation: 'PutObject', effect: 'expired-token' });
    await store.put('a', body);
    expect(store.statistics().retries).toBe(1);
  });

  test('a session that stays expired ends the run', async () => {
    const store = await openS3(server);
    server.faults.add({ operation: 'PutObject', times: 100, effect: 'expired-token' });
    const before = server.count('PutObject');
    const error = await failureOf(() => store.put('a', body));
    server.faults.clear();
    expect(error).toMatchObject({ code: 'E_STORE_CREDENTIALS', retryable: false });
    expect(error.hint).toContain('expired');
    expect(server.count('PutObject')).toBe(before + 2);
  });
});

test('a clock that is wrong', async () => {
  const ahead = await s3Server({ clockOffset: 3600_000 });
  const error = await failureOf(() => openS3(ahead));
  expect(error).toMatchObject({ code: 'E_STORE_CLOCK' });
});

test('a store whose errors have no message is understood by names and statuses', async () => {
  const terse = await s3Server({ errorMessages: false, buckets: { present: 'us-east-1', far: 'eu-west-1' } });
  const store = await openS3(terse, {}, 'present');
  expect(await failureOf(() => store.get('a'))).toMatchObject({ code: 'E_STORE_OBJECT_MISSING' });
  terse.denied.add('PutObject');
  const error = await failureOf(() => store.put('a', body));
  expect(error).toMatchObject({ code: 'E_STORE_ACCESS_DENIED' });
  expect(error.message).toMatch(/AccessDenied \(403\)$/);
  expect(await failureOf(() => openS3(terse, {}, 'far'))).toMatchObject({ code: 'E_STORE_REGION' });
});

test('no error shows a secret, whatever is printed of it (law 10)', async () => {
  const secret = 'planted-secret-access-key';
  const token = 'planted-session-token';
  useCredentials('PLANTEDACCESSKEY', secret);
  vi.stubEnv('AWS_SESSION_TOKEN', token);
  const errors = [await failureOf(() => openS3(server))];
  useCredentials(server.accessKeyId, secret);
  errors.push(await failureOf(() => openS3(server)));
  useCredentials(server.accessKeyId, server.secretAccessKey);
  const store = await openS3(server);
  for (const effect of ['expired-token', 'status-500', 'reset', 'stall', 'flip-bit'] as const) {
    server.faults.add({ operation: 'PutObject', times: 100, effect });
    errors.push(await failureOf(() => store.put('a', body)));
    server.faults.clear();
  }
  const url = `s3://PLANTEDACCESSKEY:${secret}@bucket/prefix`;
  errors.push(await failureOf(() => openStore(url)));
  const endpointUrl = `ftp://PLANTEDACCESSKEY:${secret}@host`;
  errors.push(await failureOf(async () => (await openStore('s3://bucket', { endpointUrl })).prepare()));
  const printed = errors.map((error) => {
    const everything = inspect(error, { depth: 20, showHidden: true, getters: true });
    return `${everything}\n${JSON.stringify(error)}\n${error.stack}\n${error.hint}`;
  });
  expect(errors.length).toBe(9);
  for (const text of printed) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(token);
    expect(text).not.toContain(server.secretAccessKey);
    expect(text).not.toMatch(/Signature=[0-9a-f]{10}/);
  }
});
