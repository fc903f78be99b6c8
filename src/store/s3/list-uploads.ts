import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import { isObjectKey } from '../object-key.ts';
import type { UnfinishedUpload } from '../store.ts';
import type { S3Connection } from './connection.ts';
import { failureOf } from './failure.ts';

interface Marker {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

/** Uploads below the store's prefix that were begun and neither completed nor aborted, page by page. */
export async function* listUploads(
  connection: S3Connection,
  signal?: AbortSignal,
): AsyncIterable<UnfinishedUpload> {
  let marker: Marker | undefined = {};
  while (marker) {
    const page = await uploadsPage(connection, marker, signal);
    for (const { Key = '', UploadId: id, Initiated } of page.Uploads ?? []) {
      const key = connection.keyOf(Key);
      if (key === undefined || !isObjectKey(key) || id === undefined) continue;
      yield { key, id, begunAt: Initiated ?? new Date() };
    }
    marker = markerAfter(page);
  }
}

function uploadsPage(
  connection: S3Connection,
  marker: Marker,
  signal: AbortSignal | undefined,
): Promise<ListMultipartUploadsCommandOutput> {
  const prefix = connection.objectKey('');
  const request = { operation: 'ListMultipartUploads', objectKey: prefix, signal } as const;
  return connection.send(request, ({ sdk, client }, options) => {
    const where = { Bucket: connection.bucket, Prefix: prefix };
    return client.send(new sdk.ListMultipartUploadsCommand({ ...where, ...marker }), options);
  });
}

function markerAfter(page: ListMultipartUploadsCommandOutput): Marker | undefined {
  const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
  if (page.IsTruncated !== true || KeyMarker === undefined || KeyMarker === '') return undefined;
  return { KeyMarker, ...(UploadIdMarker === undefined ? {} : { UploadIdMarker }) };
}

/** Gives up an upload with its parts; one that is gone is no error. */
export async function abortUpload(
  connection: S3Connection,
  { key, id }: UnfinishedUpload,
  signal?: AbortSignal,
): Promise<void> {
  const objectKey = connection.objectKey(key);
  const request = { operation: 'AbortMultipartUpload', objectKey, signal } as const;
  try {
    await connection.send(request, ({ sdk, client }, options) => {
      const target = { Bucket: connection.bucket, Key: objectKey, UploadId: id };
      return client.send(new sdk.AbortMultipartUploadCommand(target), options);
    });
  } catch (error) {
    if (failureOf(error)?.name !== 'NoSuchUpload') throw error;
  }
}
