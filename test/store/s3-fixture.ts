import { afterAll, vi } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { S3Store } from '../../src/store/s3-store.ts';
import type { StoreOptions } from '../../src/store/store-settings.ts';
import { parseStoreUrl } from '../../src/store/store-url.ts';
import type { MeasuredStore } from '../../src/store/with-measure.ts';
import { startS3Server, type S3Server, type S3ServerOptions } from '../support/s3-server/server.ts';

/** Waits of a test: the retries are the real ones, only quicker. */
export const quickRetries: StoreOptions = {
  retryPolicy: { retries: 4, minWaitMs: 1, maxWaitMs: 5 },
  timeouts: { connect: 2000, idle: 1000, request: 2000 },
};

/** A server for the tests of a file, with its credentials in the environment and no other AWS settings there. */
export async function s3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const server = await startS3Server(options);
  afterAll(() => server.stop());
  useCredentials(server.accessKeyId, server.secretAccessKey);
  return server;
}

export function useCredentials(accessKeyId?: string, secretAccessKey?: string): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials');
}

let number = 0;

/** A bucket name of its own. */
export function freshBucket(): string {
  return `bucket-${(number += 1)}`;
}

/** The bare driver on a bucket of its own, prepared. */
export async function openDriver(
  server: S3Server,
  options: StoreOptions = {},
  bucket = freshBucket(),
): Promise<S3Store> {
  const location = parseStoreUrl(`s3://${bucket}/database_backups`);
  if (location.kind !== 's3') throw new Error('no S3 URL');
  const store = new S3Store(location, { ...quickRetries, endpointUrl: server.endpoint, ...options });
  await store.prepare();
  return store;
}

/** The whole store, decorators included, on a bucket of its own, prepared. */
export async function openS3(
  server: S3Server,
  options: StoreOptions = {},
  bucket = freshBucket(),
): Promise<MeasuredStore> {
  const url = `s3://${bucket}/database_backups`;
  const store = await openStore(url, { ...quickRetries, endpointUrl: server.endpoint, ...options });
  await store.prepare();
  return store;
}
