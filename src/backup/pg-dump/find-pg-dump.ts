import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { BackupError } from '../../core/errors.ts';

export interface PgDump {
  readonly path: string;
  /** What `--version` printed. */
  readonly version: string;
  readonly major: number;
}

export interface PgDumpPlaces {
  /** Value of PATH. */
  readonly path: string;
  /** Folder with a folder for each major version, as Debian and Ubuntu keep them off PATH. */
  readonly versionsFolder: string;
}

/**
 * The `pg_dump` to read a server of that version with: it must not be older than the server, and the least new one knows
 * the server best. Those on PATH come before others of their version.
 *
 * @throws BackupError `E_SCHEMA_DUMP` where there is none
 */
export async function findPgDump(serverVersion: number, places: PgDumpPlaces): Promise<PgDump> {
  const serverMajor = Math.floor(serverVersion / 10_000);
  const found: PgDump[] = [];
  for (const path of await candidates(places)) {
    const program = await identify(path);
    if (program) found.push(program);
  }
  const [best] = found.filter(({ major }) => major >= serverMajor).sort((a, b) => a.major - b.major);
  if (best) return best;
  const have = found.map(({ path, version }) => `${path} is ${version}`).join(', ');
  const problem =
    found.length > 0 ? `is too old for a server of version ${serverMajor}: ${have}` : 'was not found';
  throw new BackupError('E_SCHEMA_DUMP', `pg_dump ${problem}`, {
    hint: `Install the client programs of PostgreSQL ${serverMajor} or newer (postgresql-client-${serverMajor}) with pg_dump on PATH, or back up without --schema pg_dump.`,
  });
}

async function candidates({ path, versionsFolder }: PgDumpPlaces): Promise<string[]> {
  const versions = await readdir(versionsFolder).catch((): string[] => []);
  const folders = [
    ...path.split(delimiter).filter((folder) => isAbsolute(folder)),
    ...versions.map((version) => join(versionsFolder, version, 'bin')),
  ];
  const programs: string[] = [];
  for (const folder of new Set(folders)) {
    const program = join(folder, 'pg_dump');
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) programs.push(program);
  }
  return programs;
}

/** What a program says of itself; undefined for one that does not run here, or is none of PostgreSQL's. */
async function identify(path: string): Promise<PgDump | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 });
    const version = stdout.trim();
    const major = Number(/^pg_dump \(PostgreSQL\) (\d+)/.exec(version)?.[1]);
    return Number.isNaN(major) ? undefined : { path, version, major };
  } catch {
    return undefined;
  }
}
