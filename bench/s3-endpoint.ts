import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

const script = fileURLToPath(new URL('../test/support/s3-server/main.ts', import.meta.url));
const endWithParent = new URL('../src/core/programs/end-with-parent.ts', import.meta.url).href;

const region = 'us-east-1';

/** Which server it is, for the page of figures. */
export const s3ServerName =
  "the project's own S3 server for tests (test/support/s3-server): one Node.js process that checks signatures and checksums and keeps objects in memory; its entity tags are no MD5, as Amazon's are none under a KMS key";

/** An S3 server on 127.0.0.1 as a process of its own, with one empty bucket. */
export class S3Endpoint {
  static readonly bucket = 'bench';
  readonly url: string;
  /** For the AWS SDK, the AWS command line and restic. */
  readonly variables: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, variables: Record<string, string>) {
    this.#child = child;
    this.url = variables['AWS_ENDPOINT_URL_S3'] ?? '';
    this.variables = { ...variables, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  }

  static async start(): Promise<S3Endpoint> {
    const child = spawn(process.execPath, ['--import', endWithParent, script, '--opaque-etags'], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const variables: Record<string, string> = {};
    if (!child.stdout) throw new Error('the S3 server has no output');
    for await (const line of createInterface({ input: child.stdout })) {
      const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) variables[name] = value;
      if (name === 'AWS_SECRET_ACCESS_KEY') break;
    }
    const endpoint = new S3Endpoint(child, variables);
    await endpoint.#createBucket();
    return endpoint;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #createBucket(): Promise<void> {
    const client = new S3Client({
      endpoint: this.url,
      region,
      forcePathStyle: true,
      credentials: {
        accessKeyId: this.variables['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: this.variables['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
    });
    await client.send(new CreateBucketCommand({ Bucket: S3Endpoint.bucket }));
    client.destroy();
  }
}
