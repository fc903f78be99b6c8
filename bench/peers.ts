import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const programs = {
  psql: '--version',
  pg_dump: '--version',
  pg_restore: '--version',
  pgbench: '--version',
  aws: '--version',
  restic: 'version',
} as const;

export type PeerName = keyof typeof programs;

/** The programs that ours is held against, as far as they are installed. */
export interface Peers {
  /** What each says of its version; a program that is not installed is absent. */
  readonly versions: Readonly<Partial<Record<PeerName, string>>>;
  /** Where they are found. */
  readonly path: string;
}

/** Debian's wrappers on PATH choose a version by themselves and take a while for it: the programs proper come first. */
const debianFolder = '/usr/lib/postgresql';

/** @param major version of PostgreSQL whose programs are preferred; the newest of those installed when absent */
export async function findPeers(major: number | undefined): Promise<Peers> {
  const majors = major === undefined ? [18, 17, 16, 15, 14] : [major];
  const folders = majors.map((each) => join(debianFolder, String(each), 'bin')).filter(existsSync);
  const path = [...folders.slice(0, 1), process.env['PATH'] ?? ''].join(delimiter);
  const found = await Promise.all(
    Object.entries(programs).map(async ([name, flag]) => [name, await versionOf(name, flag, path)] as const),
  );
  const peers: Peers = {
    path,
    versions: Object.fromEntries(found.filter(([, version]) => version !== undefined)),
  };
  const dumps = dumpMajor(peers);
  return major !== undefined && dumps !== undefined && dumps < major ? withoutDump(peers) : peers;
}

/** An older pg_dump refuses the server: it is as good as missing. */
function withoutDump({
  path,
  versions: { pg_dump: _dump, pg_restore: _restore, ...versions },
}: Peers): Peers {
  return { path, versions };
}

/** Major version of the pg_dump there is. */
export function dumpMajor({ versions }: Peers): number | undefined {
  const digits = / (\d+)(?:\.|\D|$)/.exec(versions.pg_dump ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function versionOf(program: string, flag: string, path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, [flag], { env: { ...process.env, PATH: path } });
    return stdout.trim().split('\n')[0] ?? '';
  } catch {
    return undefined;
  }
}
