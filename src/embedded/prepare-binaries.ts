import { constants } from 'node:fs';
import { chmod, cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError, messageOf } from '../core/errors.ts';
import { installHint } from './find-binaries.ts';
import { hydrateSymlinks } from './hydrate-symlinks.ts';
import { runAs, type ServerUser } from './server-user.ts';
import type { BinaryCandidate, ServerPlan } from './watchdog-protocol.ts';

/** Server programs that the server's user has been seen to run. */
export interface PostgresBinaries {
  readonly bin: string;
  readonly major: number;
}

const oldestMajor = 14;

/**
 * The first candidate that the user can run, in the wanted version. An npm package that lacks its links and
 * cannot be written, or that the user cannot read (a checkout below a 0700 folder), is copied into `folder`.
 *
 * @throws BackupError `E_EMBEDDED_POSTGRES` naming why each candidate was refused.
 */
export async function prepareBinaries(
  plan: Pick<ServerPlan, 'candidates' | 'major'>,
  user: ServerUser | undefined,
  folder: string,
): Promise<PostgresBinaries> {
  const reasons: string[] = [];
  for (const [index, candidate] of plan.candidates.entries()) {
    try {
      const binaries = await prepare(candidate, user, join(folder, `pgsql-${index}`));
      if (binaries.major === (plan.major ?? Math.max(binaries.major, oldestMajor))) return binaries;
      reasons.push(`${candidate.bin}: is version ${binaries.major}`);
    } catch (error) {
      reasons.push(`${candidate.bin}: ${messageOf(error).trim()}`);
    }
  }
  const wanted = plan.major ?? `${oldestMajor} or newer`;
  throw new BackupError('E_EMBEDDED_POSTGRES', `no PostgreSQL ${wanted} runs here (${reasons.join('; ')})`, {
    hint: installHint(plan.major),
  });
}

async function prepare(
  candidate: BinaryCandidate,
  user: ServerUser | undefined,
  copy: string,
): Promise<PostgresBinaries> {
  const { packageFolder } = candidate;
  if (packageFolder === undefined) return probe(candidate.bin, user);
  if (await hydrateSymlinks(packageFolder)) {
    const inPlace = await probe(candidate.bin, user).catch(() => undefined);
    if (inPlace) return inPlace;
  }
  await copyReadable(join(packageFolder, 'native'), join(copy, 'native'));
  await hydrateSymlinks(copy);
  return probe(join(copy, 'native', 'bin'), user);
}

/** Runs both programs: only that shows that the account may, and that the loader finds their libraries. */
async function probe(bin: string, user: ServerUser | undefined): Promise<PostgresBinaries> {
  const options = { user, cwd: '/' };
  const [version] = await Promise.all([
    runAs(join(bin, 'postgres'), ['--version'], options),
    runAs(join(bin, 'initdb'), ['--version'], options),
  ]);
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(version)?.[1]);
  if (!Number.isInteger(major)) throw new Error(`says \`${version.trim()}\` instead of a version`);
  return { bin, major };
}

async function copyReadable(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => !path.endsWith('.a'),
  });
  const entries = await readdir(to, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name));
  // A umask of 077 at checkout would otherwise go with the copy.
  await Promise.all([join(to, '..'), to, ...paths].map((path) => chmod(path, 0o755)));
}
