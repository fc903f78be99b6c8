import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('serve.sh', import.meta.url));

/** Debian's packages: ceph-mon, ceph-osd, radosgw, ceph-common. */
const programs = ['ceph', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin'];

/**
 * Whether tests that need Ceph are to run. On a machine without it they are skipped; on CI, which installs it, they run and
 * fail: they cannot be skipped in silence.
 */
export const wantsCeph =
  process.env['CI'] !== undefined || programs.every((name) => existsSync(`/usr/bin/${name}`));

export interface CephServer {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Ends it and removes what it wrote; the end of this process does the same. */
  stop(): Promise<void>;
}

/** Starts a RADOS gateway of its own, which takes about 12 seconds. */
export async function startCeph(): Promise<CephServer> {
  const child = spawn('bash', [script], { stdio: 'pipe' });
  const ended = once(child, 'close');
  const complaints = text(child.stderr);
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  for await (const line of createInterface(child.stdout)) {
    const server = JSON.parse(line) as Omit<CephServer, 'stop'>;
    return { ...server, stop };
  }
  await ended;
  throw new Error(`Ceph did not start: ${await complaints}`);
}
