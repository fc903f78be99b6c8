import { expect, test } from 'vitest';
import { iamPolicy } from '../../../src/cli/init/iam-policy.ts';
import { parseStoreUrl } from '../../../src/store/store-url.ts';

type Settings = Parameters<typeof iamPolicy>[1];

function policy(url: string, settings: Partial<Settings> = {}) {
  const location = parseStoreUrl(url);
  if (location.kind !== 's3') throw new Error('the test needs an S3 store');
  return iamPolicy(location, {
    region: undefined,
    sse: undefined,
    kmsKeyId: undefined,
    acl: undefined,
    objectTags: {},
    ...settings,
  });
}

test('grants the least on the prefix', () => {
  expect(policy('s3://bucket/a/b/')).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'ListBackups',
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: 'arn:aws:s3:::bucket',
        Condition: { StringLikeIfExists: { 's3:prefix': 'a/b/*' } },
      },
      {
        Sid: 'SeeWhatPruneMustKnow',
        Effect: 'Allow',
        Action: [
          's3:ListBucketMultipartUploads',
          's3:GetBucketVersioning',
          's3:GetBucketObjectLockConfiguration',
        ],
        Resource: 'arn:aws:s3:::bucket',
      },
      {
        Sid: 'ReadAndWriteBackups',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        Resource: 'arn:aws:s3:::bucket/a/b/*',
      },
    ],
  });
});

test('a store that is a whole bucket has no condition', () => {
  const [list, , objects] = policy('s3://bucket').Statement;
  expect(list).not.toHaveProperty('Condition');
  expect(objects?.Resource).toBe('arn:aws:s3:::bucket/*');
});

test('grants what tags and ACLs need', () => {
  const [, , objects] = policy('s3://bucket/p', { acl: 'private', objectTags: { team: 'data' } }).Statement;
  expect(objects?.Action).toEqual(expect.arrayContaining(['s3:PutObjectTagging', 's3:PutObjectAcl']));
});

const id = '1234abcd-12ab-34cd-56ef-1234567890ab';
test.each([
  [undefined, 'arn:aws:kms:*:*:key/*'],
  ['alias/backups', 'arn:aws:kms:*:*:key/*'],
  ['arn:aws:kms:eu-west-1:1:alias/backups', 'arn:aws:kms:*:*:key/*'],
  [id, `arn:aws:kms:*:*:key/${id}`],
  [`arn:aws:kms:eu-west-1:1:key/${id}`, `arn:aws:kms:eu-west-1:1:key/${id}`],
])('grants use of the key %s through S3 only', (kmsKeyId, Resource) => {
  const [, , , key] = policy('s3://bucket/p', { sse: 'aws:kms', kmsKeyId }).Statement;
  expect(key).toMatchObject({
    Resource,
    Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } },
  });
});

test.each([
  ['cn-north-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['eu-west-1', 'aws'],
])('in %s names are of the partition %s', (region, partition) => {
  expect(policy('s3://bucket/p', { region }).Statement[0]?.Resource).toBe(`arn:${partition}:s3:::bucket`);
});
