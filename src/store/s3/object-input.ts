import type { ObjectCannedACL, PutObjectCommandInput, StorageClass } from '@aws-sdk/client-s3';
import type { StoreOptions } from '../store-settings.ts';
import type { PutOptions } from '../store.ts';

type ObjectInput = Pick<
  PutObjectCommandInput,
  'ServerSideEncryption' | 'SSEKMSKeyId' | 'StorageClass' | 'ACL' | 'Tagging' | 'ContentType' | 'Metadata'
>;

/** What a new object is to be like, whether it is put at once or in parts. */
export function objectInput(store: StoreOptions, put: PutOptions): ObjectInput {
  return {
    ServerSideEncryption: store.sse,
    SSEKMSKeyId: store.kmsKeyId,
    // The service knows classes and ACLs that this version of the SDK does not: it decides.
    StorageClass: store.storageClass as StorageClass | undefined,
    ACL: store.acl as ObjectCannedACL | undefined,
    Tagging: store.objectTags && new URLSearchParams(store.objectTags).toString(),
    ContentType: put.contentType,
    Metadata: put.metadata && { ...put.metadata },
  };
}
