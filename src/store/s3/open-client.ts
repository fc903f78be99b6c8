import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { BackupError } from '../../core/errors.ts';
import { redactUrl } from '../../core/secret.ts';
import { defaultMaxConnections, defaultTimeouts, type StoreOptions } from '../store-settings.ts';
import type * as UsedSdk from './sdk.ts';

type Sdk = typeof UsedSdk;

/** Of an answer, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string>>;

type Agents = readonly [HttpAgent, HttpsAgent];

interface InRegion {
  readonly client: S3Client;
  readonly isRegionAssumed: boolean;
}

/** A client of the SDK with what the driver has to know about it. */
export interface S3Session {
  readonly sdk: Sdk;
  readonly client: S3Client;
  /** Requests are signed for it. */
  readonly region: string;
  /** Of a service that is not AWS; undefined for AWS. */
  readonly endpoint: string | undefined;
  /** No region was named anywhere. */
  readonly isRegionAssumed: boolean;
  /** Send Content-MD5 in place of the checksum headers, for stores that refuse those. */
  readonly minimal: boolean;
  /** Closes the connections that no request uses: where one went dead, they may have, too, and each would cost a try. */
  dropIdleConnections(): void;
  /** Whether a request has succeeded. */
  worked: boolean;
}

/**
 * Credentials come by the SDK's default chain: environment, shared config and profiles, SSO, and the roles of ECS,
 * EKS and EC2. The SDK's own retries are off, `withRetry` has that task.
 */
export async function openClient(
  options: StoreOptions,
  minimal: boolean,
  onAnswer: (headers: AnswerHeaders) => void,
): Promise<S3Session> {
  const sdk = await import('./sdk.ts');
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const endpoint =
    options.endpointUrl ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  if (endpoint !== undefined) checkEndpoint(endpoint);
  const known = options.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  const agents = openAgents(options);
  const config: S3ClientConfig = {
    ...clientConfig(options, endpoint, minimal, agents),
    // The SDK reads each file once a process: credentials that something else renews there would never be seen.
    credentialDefaultProvider: (init: object) => defaultProvider({ ...init, ignoreCache: true }),
  };
  const { client, isRegionAssumed } = await openInRegion(sdk, config, known);
  listen(client, onAnswer);
  signChecksums(client);
  const calculation = await client.config.requestChecksumCalculation();
  return {
    sdk,
    client,
    region: await client.config.region(),
    endpoint,
    isRegionAssumed,
    minimal: minimal || calculation === 'WHEN_REQUIRED',
    dropIdleConnections: () => agents.forEach(dropIdle),
    worked: false,
  };
}

function checkEndpoint(endpoint: string): void {
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return;
  throw new BackupError('E_STORE_URL', `The endpoint ${redactUrl(endpoint)} is no http:// or https:// URL.`, {
    hint: 'Correct --endpoint-url, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.',
  });
}

/** Streams that are read slowly keep their socket, so there are more of these than operations at a time. */
function openAgents({ maxConnections = defaultMaxConnections }: StoreOptions): Agents {
  const settings = { keepAlive: true, maxSockets: 4 * maxConnections };
  return [new HttpAgent(settings), new HttpsAgent(settings)];
}

function dropIdle({ freeSockets }: HttpAgent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

function clientConfig(
  options: StoreOptions,
  endpoint: string | undefined,
  minimal: boolean,
  [httpAgent, httpsAgent]: Agents,
): S3ClientConfig {
  const timeouts = options.timeouts ?? defaultTimeouts;
  return {
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...checksumConfig(options, minimal),
    maxAttempts: 1,
    // The SDK would open a new connection for each body it asks leave for.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: timeouts.connect,
      socketTimeout: timeouts.idle,
      requestTimeout: timeouts.request,
      throwOnRequestTimeout: true,
      httpAgent,
      httpsAgent,
    },
  };
}

/** With `aws` the SDK's own settings, by which checksums may be switched off, do not count. */
function checksumConfig({ s3Compat }: StoreOptions, minimal: boolean): S3ClientConfig {
  if (minimal) {
    return { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' };
  }
  return s3Compat === 'aws' ? { requestChecksumCalculation: 'WHEN_SUPPORTED' } : {};
}

/** The region known, else the profile's, else us-east-1, which S3-compatible services take as theirs. */
async function openInRegion(sdk: Sdk, config: S3ClientConfig, known: string | undefined): Promise<InRegion> {
  if (known !== undefined && known !== '') {
    return { client: new sdk.S3Client({ ...config, region: known }), isRegionAssumed: false };
  }
  const client = new sdk.S3Client(config);
  try {
    await client.config.region();
    return { client, isRegionAssumed: false };
  } catch {
    client.destroy();
    return { client: new sdk.S3Client({ ...config, region: 'us-east-1' }), isRegionAssumed: true };
  }
}

/** Sees each answer as it comes in, errors as well. */
function listen(client: S3Client, onAnswer: (headers: AnswerHeaders) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { response } = answer;
      if (hasHeaders(response)) onAnswer(response.headers);
      return answer;
    },
    { step: 'deserialize', priority: 'low', name: 'answerHeaders' },
  );
}

const withBodyChecksum: ReadonlySet<string | undefined> = new Set(['PutObjectCommand', 'UploadPartCommand']);

/** A body whose SHA-256 is a header already is signed with it: the SDK would compute it once more. */
function signChecksums(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { request } = args;
        if (withBodyChecksum.has(commandName) && hasHeaders(request)) {
          const checksum = request.headers['x-amz-checksum-sha256'];
          if (checksum !== undefined) {
            request.headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex');
          }
        }
        return next(args);
      },
    { step: 'build', name: 'signChecksums' },
  );
}

function hasHeaders(response: unknown): response is { readonly headers: Record<string, string> } {
  return typeof response === 'object' && response !== null && 'headers' in response;
}
