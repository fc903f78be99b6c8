import type { S3Operation } from './failure.ts';

interface Permission {
  readonly action: string;
  /** Whether it is granted on the bucket or on the objects in it. */
  readonly on: 'bucket' | 'object';
  readonly also?: string;
}

const put: Permission = {
  action: 's3:PutObject',
  on: 'object',
  also: ' With --sse aws:kms also kms:GenerateDataKey and kms:Decrypt on the key; with --object-tags s3:PutObjectTagging; with --acl s3:PutObjectAcl.',
};
const get: Permission = {
  action: 's3:GetObject',
  on: 'object',
  also: ' Without s3:ListBucket on the bucket a missing object is answered like this, too.',
};

const permissions: Readonly<Record<S3Operation, Permission>> = {
  PutObject: put,
  CreateMultipartUpload: put,
  UploadPart: put,
  CompleteMultipartUpload: put,
  GetObject: get,
  HeadObject: get,
  ListObjectsV2: { action: 's3:ListBucket', on: 'bucket' },
  DeleteObject: { action: 's3:DeleteObject', on: 'object' },
  CreateBucket: { action: 's3:CreateBucket', on: 'bucket', also: ' Or create the bucket yourself.' },
  AbortMultipartUpload: { action: 's3:AbortMultipartUpload', on: 'object' },
  ListMultipartUploads: { action: 's3:ListBucketMultipartUploads', on: 'bucket' },
  GetBucketVersioning: { action: 's3:GetBucketVersioning', on: 'bucket' },
  GetObjectLockConfiguration: { action: 's3:GetBucketObjectLockConfiguration', on: 'bucket' },
};

/** Which permission, on which resource, an operation that was denied needs. */
export function permissionHint(
  operation: S3Operation,
  target: { readonly bucket: string; readonly objectKey?: string | undefined },
): string {
  const { action, on, also = '' } = permissions[operation];
  const folder = target.objectKey?.slice(0, target.objectKey.lastIndexOf('/') + 1) ?? '';
  const resource = on === 'bucket' ? target.bucket : `${target.bucket}/${folder}*`;
  return `Grant ${action} on arn:aws:s3:::${resource} to these credentials.${also}`;
}
