import type * as AwsSdk from '@aws-sdk/client-s3';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { BackupError } from '../../core/errors.ts';
import { redactUrl } from '../../core/secret.ts';
import { defaultMaxConnections, defaultTimeouts, type StoreOptions } from '../store-settings.ts';

export type Sdk = typeof AwsSdk;

/** A client of the SDK with what the driver has to know about it. */
export interface S3Session {
  readonly sdk: Sdk;
  readonly client: S3Client;
  /** Requests are signed for it. */
  readonly region: string;
  /** Of a service that is not AWS; undefined for AWS. */
  readonly endpoint: string | undefined;
  /** Send Content-MD5 in place of the checksum headers, for stores that refuse those. */
  readonly minimal: boolean;
  /** Whether a request has succeeded. */
  worked: boolean;
}

/**
 * Credentials come by the SDK's default chain: environment, shared config and profiles, SSO, and the roles of ECS,
 * EKS and EC2. The SDK's own retries are off, `withRetry` has that task.
 */
export async function openClient(options: StoreOptions, minimal: boolean): Promise<S3Session> {
  const sdk = await import('@aws-sdk/client-s3');
  const endpoint =
    options.endpointUrl ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  if (endpoint !== undefined) checkEndpoint(endpoint);
  const known = options.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  const config = clientConfig(options, endpoint, minimal);
  const client = await openInRegion(sdk, config, known);
  const calculation = await client.config.requestChecksumCalculation();
  return {
    sdk,
    client,
    region: await client.config.region(),
    endpoint,
    minimal: minimal || calculation === 'WHEN_REQUIRED',
    worked: false,
  };
}

function checkEndpoint(endpoint: string): void {
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return;
  throw new BackupError('E_STORE_URL', `The endpoint ${redactUrl(endpoint)} is no http:// or https:// URL.`, {
    hint: 'Correct --endpoint-url, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.',
  });
}

function clientConfig(options: StoreOptions, endpoint: string | undefined, minimal: boolean): S3ClientConfig {
  const timeouts = options.timeouts ?? defaultTimeouts;
  // Streams that are read slowly keep their socket, so there are more of these than operations at a time.
  const agent = { keepAlive: true, maxSockets: 4 * (options.maxConnections ?? defaultMaxConnections) };
  return {
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(minimal ? { requestChecksumCalculation: 'WHEN_REQUIRED' } : {}),
    maxAttempts: 1,
    // The SDK would open a new connection for each body it asks leave for.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: timeouts.connect,
      socketTimeout: timeouts.idle,
      requestTimeout: timeouts.request,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
}

/** The region known, else the profile's, else us-east-1, which S3-compatible services take as theirs. */
async function openInRegion(sdk: Sdk, config: S3ClientConfig, known: string | undefined): Promise<S3Client> {
  if (known !== undefined && known !== '') return new sdk.S3Client({ ...config, region: known });
  const client = new sdk.S3Client(config);
  try {
    await client.config.region();
    return client;
  } catch {
    client.destroy();
    return new sdk.S3Client({ ...config, region: 'us-east-1' });
  }
}
