import { Readable } from 'node:stream';
import { S3, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { checksumNames, checksumOf } from './checksums.ts';
import { startS3Server } from './server.ts';

const server = await startS3Server({ pageSize: 2, buckets: { b: 'us-east-1' } });
afterAll(() => server.stop());

function clientOf(options: { secret?: string } = {}): S3 {
  const { accessKeyId } = server;
  const secretAccessKey = options.secret ?? server.secretAccessKey;
  return new S3({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
}

const client = clientOf();

// The check values of the published catalogue of CRCs.
test.each([
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64nvme', 'ae8b14860a799888'],
  ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
] as const)('%s of "123456789"', (name, value) => {
  const checksum = checksumOf(name, Buffer.from('123456789'));
  expect(Buffer.from(checksum, 'base64').toString('hex')).toBe(value);
});

describe('a body in aws-chunked framing', () => {
  test.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)(
    'with %s as a trailer',
    async (ChecksumAlgorithm) => {
      const Body = Readable.from([Buffer.from('first '), Buffer.from('second')]);
      await client.putObject({ Bucket: 'b', Key: 'chunked', Body, ContentLength: 12, ChecksumAlgorithm });
      const stored = server.objects('b').get('chunked');
      expect(stored?.body.toString()).toBe('first second');
      const name = checksumNames.find((known) => known === ChecksumAlgorithm.toLowerCase()) ?? 'crc32';
      expect(stored?.checksums).toEqual({ [name]: checksumOf(name, Buffer.from('first second')) });
    },
  );

  test('is refused when a bit flips on the way', async () => {
    const Body = Readable.from([Buffer.alloc(100_000, 'x')]);
    server.faults.add({ operation: 'PutObject', effect: 'flip-bit' });
    const put = client.putObject({ Bucket: 'b', Key: 'flipped', Body, ContentLength: 100_000 });
    await expect(put).rejects.toMatchObject({ name: 'BadDigest' });
    expect(server.objects('b').has('flipped')).toBe(false);
  });
});

test('a wrong secret, and a request without a signature, are refused', async () => {
  const wrong = clientOf({ secret: 'wrong' });
  await expect(wrong.listObjectsV2({ Bucket: 'b' })).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  const bare = await fetch(`${server.endpoint}/b?list-type=2`);
  expect(bare.status).toBe(403);
});

test.each([
  [{ ContentMD5: Buffer.alloc(16).toString('base64') }, 'BadDigest'],
  [{ ChecksumSHA256: Buffer.alloc(32).toString('base64') }, 'BadDigest'],
  [{ ChecksumCRC32: 'AAAAAA==' }, 'BadDigest'],
] satisfies [Partial<PutObjectCommandInput>, string][])(
  'a wrong digest %j is refused',
  async (digest, name) => {
    const put = client.putObject({ Bucket: 'b', Key: 'wrong', Body: Buffer.from('body'), ...digest });
    await expect(put).rejects.toMatchObject({ name });
    expect(server.objects('b').has('wrong')).toBe(false);
  },
);

test('lists by delimiter across pages', async () => {
  server.createBucket('listed');
  for (const Key of ['a/1', 'a/2', 'b', 'c/1', 'd', 'é&<>']) {
    await client.putObject({ Bucket: 'listed', Key, Body: Key });
  }
  const names: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.listObjectsV2({ Bucket: 'listed', Delimiter: '/', ContinuationToken });
    names.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
    names.push(...(page.Contents ?? []).map(({ Key }) => Key));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  // Of one page the SDK gives prefixes and keys apart, prefixes are put first above.
  expect(names).toEqual(['a/', 'b', 'c/', 'd', 'é&<>']);
});

test('gives ranges from the start, to the end and of the end', async () => {
  await client.putObject({ Bucket: 'b', Key: 'digits', Body: '0123456789' });
  const range = async (Range: string): Promise<string | undefined> =>
    (await client.getObject({ Bucket: 'b', Key: 'digits', Range })).Body?.transformToString();
  expect(await range('bytes=0-3')).toBe('0123');
  expect(await range('bytes=7-')).toBe('789');
  expect(await range('bytes=-2')).toBe('89');
  await expect(range('bytes=10-')).rejects.toMatchObject({ name: 'InvalidRange' });
});

test('keeps uploads in parts apart until they are completed', async () => {
  const target = { Bucket: 'b', Key: 'parts' };
  const { UploadId } = await client.createMultipartUpload(target);
  const part = await client.uploadPart({ ...target, UploadId, PartNumber: 1, Body: Buffer.alloc(100) });
  expect((await client.listMultipartUploads({ Bucket: 'b' })).Uploads?.map(({ Key }) => Key)).toEqual([
    'parts',
  ]);
  expect((await client.listParts({ ...target, UploadId })).Parts?.map(({ Size }) => Size)).toEqual([100]);
  const wrong = { Parts: [{ PartNumber: 1, ETag: '"0"' }] };
  const refused = client.completeMultipartUpload({ ...target, UploadId, MultipartUpload: wrong });
  await expect(refused).rejects.toMatchObject({ name: 'InvalidPart' });
  const { ETag } = part;
  await client.completeMultipartUpload({
    ...target,
    UploadId,
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
  });
  expect(server.objects('b').get('parts')?.body.length).toBe(100);
  await expect(client.abortMultipartUpload({ ...target, UploadId })).rejects.toMatchObject({
    name: 'NoSuchUpload',
  });
});

test('knows what was asked of it', async () => {
  const before = server.count('HeadBucket');
  await client.headBucket({ Bucket: 'b' });
  await expect(client.headBucket({ Bucket: 'none' })).rejects.toThrow();
  expect(server.count('HeadBucket') - before).toBe(2);
  expect(server.requests.slice(-2).map(({ status }) => status)).toEqual([200, 404]);
});
