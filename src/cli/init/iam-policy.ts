import type { Settings } from '../../config/options.ts';
import type { S3Location } from '../../store/store-url.ts';

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface IamPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

type WriteSettings = Pick<Settings, 'region' | 'sse' | 'kmsKeyId' | 'acl' | 'objectTags'>;

/** The least that backup, restore, verify and prune need on one store whose bucket exists. */
export function iamPolicy(location: S3Location, settings: WriteSettings): IamPolicy {
  const partition = partitionOf(settings.region);
  const bucket = `arn:${partition}:s3:::${location.bucket}`;
  const objects = [bucket, ...(location.prefix === '' ? [] : [location.prefix]), '*'].join('/');
  const statements: Statement[] = [
    {
      Sid: 'ListBackups',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: bucket,
      // "IfExists": a read of a missing object carries no prefix, and S3 answers "no such key" instead of "access
      // denied" only to those who may list.
      ...(location.prefix === ''
        ? {}
        : { Condition: { StringLikeIfExists: { 's3:prefix': `${location.prefix}/*` } } }),
    },
    {
      Sid: 'SeeWhatPruneMustKnow',
      Effect: 'Allow',
      Action: [
        's3:ListBucketMultipartUploads',
        's3:GetBucketVersioning',
        's3:GetBucketObjectLockConfiguration',
      ],
      Resource: bucket,
    },
    {
      Sid: 'ReadAndWriteBackups',
      Effect: 'Allow',
      Action: [
        's3:GetObject',
        's3:PutObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        ...(Object.keys(settings.objectTags).length > 0 ? ['s3:PutObjectTagging'] : []),
        ...(settings.acl === undefined ? [] : ['s3:PutObjectAcl']),
      ],
      Resource: objects,
    },
  ];
  if (settings.sse === 'aws:kms') statements.push(keyStatement(settings.kmsKeyId, partition));
  return { Version: '2012-10-17', Statement: statements };
}

/** Use of the KMS key through S3 only. An alias or a missing key ID names no single key resource. */
function keyStatement(key: string | undefined, partition: string): Statement {
  const arn = key?.startsWith('arn:') === true && !key.includes(':alias/');
  const id = key !== undefined && /^(mrk-)?[0-9a-f-]+$/i.test(key);
  return {
    Sid: 'UseKeyThroughS3',
    Effect: 'Allow',
    Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
    Resource: arn ? key : `arn:${partition}:kms:*:*:key/${id ? key : '*'}`,
    Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } },
  };
}

function partitionOf(region: string | undefined): string {
  if (region?.startsWith('cn-') === true) return 'aws-cn';
  return region?.startsWith('us-gov-') === true ? 'aws-us-gov' : 'aws';
}
