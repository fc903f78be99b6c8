import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { BackupError } from '../core/errors.ts';

/** The account the server runs as, when it must not be the caller's own. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. For root: `postgres`, or else `nobody`, of the passwd file; for everyone
 * else undefined, which stands for the caller's own account.
 *
 * @throws BackupError `E_EMBEDDED_POSTGRES` when root has neither account to give.
 */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((fields) => fields[0] === name) ?? [];
    if (uid && gid && uid !== '0') return { uid: Number(uid), gid: Number(gid) };
  }
  throw new BackupError(
    'E_EMBEDDED_POSTGRES',
    'PostgreSQL does not run as root, and no other account is here',
    {
      hint: 'Run as an ordinary user, or create the account `postgres` or `nobody`.',
    },
  );
}

/** Environment of the server's programs: nothing inherited, for PGDATA, PGPORT, LC_ALL and others change them. */
export function serverEnvironment(bin: string): NodeJS.ProcessEnv {
  return { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`, LC_ALL: 'C', TZ: 'UTC' };
}

export interface RunAsOptions {
  readonly user: ServerUser | undefined;
  /** A folder that the user can enter. */
  readonly cwd: string;
}

/** Runs a program to its end as the server's user and gives its standard output; throws when it fails. */
export async function runAs(
  program: string,
  args: readonly string[],
  options: RunAsOptions,
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    ...options.user,
    cwd: options.cwd,
    env: serverEnvironment('/usr/bin'),
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}
