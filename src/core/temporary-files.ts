import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupError, codeOf, messageOf } from './errors.ts';

/**
 * Files for what memory should not hold at once (law 9): a folder of this process below the system's folder for temporary
 * files (`TMPDIR`), that nobody else may look into, because rows lie there as they are. It is made when a first file is,
 * removed when the work ends, and that of a killed process by the next one.
 */
export type TemporaryFolder = string;

const prefix = `storydredge-backup-${hostname().replaceAll(/[^A-Za-z0-9.-]/g, '_')}-`;
const namePattern = /^(\d+)-[0-9a-f-]{36}$/;
const inUse = new Set<TemporaryFolder>();

/** The name of a folder of this process; nothing is made yet. */
export function temporaryFolder(): TemporaryFolder {
  const folder = join(tmpdir(), `${prefix}${process.pid}-${randomUUID()}`);
  inUse.add(folder);
  return folder;
}

/** A new file to be filled; whoever asks for it closes and removes it. */
export class TemporaryFile {
  readonly path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** @throws BackupError E_TEMPORARY_FILE, as `append` does */
  static async create(folder: TemporaryFolder): Promise<TemporaryFile> {
    const path = join(folder, randomUUID());
    return explained(path, async () => {
      await mkdir(folder, { mode: 0o700, recursive: true });
      return new TemporaryFile(path, await open(path, 'wx', 0o600));
    });
  }

  async append(piece: Uint8Array): Promise<void> {
    await explained(this.path, () => this.#file.writeFile(piece));
  }

  /** May be called again. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function explained<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw new BackupError('E_TEMPORARY_FILE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}

export async function removeTemporaryFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

export async function removeTemporaryFolder(folder: TemporaryFolder): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  inUse.delete(folder);
}

/** Removes the folders that processes of this host left when they were killed; others' folders stay (law 4). */
export async function removeAbandonedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = name.startsWith(prefix) ? namePattern.exec(name.slice(prefix.length))?.[1] : undefined;
    const folder = join(tmpdir(), name);
    // What may not be removed belongs to another user.
    if (pid !== undefined && !inUse.has(folder) && !isRunning(Number(pid)))
      await removeTemporaryFolder(folder).catch(() => undefined);
  }
}

/** In a container every run may have the same number: another folder of this one is that of a run before. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

const pieceBytes = 1024 * 1024;

/** What the file holds, from its beginning on; a new buffer for each piece. */
export async function* readTemporaryFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    for (let position = 0; ;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(pieceBytes), { position });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}
