/**
 * What each put asks of the file system, many thousand times in a run. `node:fs/promises` gives every single call memory of
 * its own for what a `stat` might answer, and a file an object that counts its uses: the calls by descriptor, made to give
 * promises, do without both.
 */
import { close, fsync, link, lstat, open, realpath, unlink, write, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';

export const openFile: (path: string, flags: string, mode?: number) => Promise<number> = promisify(open);
export const closeFile: (file: number) => Promise<void> = promisify(close);
/** Makes a file, or the names in a folder, durable. */
export const syncFile: (file: number) => Promise<void> = promisify(fsync);
/** Gives a file a second name; EEXIST where that is taken. */
export const linkFile: (path: string, name: string) => Promise<void> = promisify(link);
export const unlinkFile: (path: string) => Promise<void> = promisify(unlink);
export const realPath: (path: string) => Promise<string> = promisify(realpath.native);

const statLink: (path: string, options: { readonly bigint: true }) => Promise<BigIntStats> = promisify(lstat);
const writeSome = promisify(write);

/** The facts of what stands under a name, of a symbolic link rather than of what it leads to. */
export async function statName(path: string): Promise<BigIntStats> {
  return statLink(path, { bigint: true });
}

/**
 * So many bytes are given to the system at once. It copies them without a break: a whole chunk takes a processor for some
 * milliseconds from all others, and takes longer than its pieces do.
 */
const mostAtOnce = 256 * 1024;

/** Writes all bytes where the file was written to last: the system may take fewer at once than it is given. */
export async function writeBytes(file: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const length = Math.min(mostAtOnce, bytes.length - written);
    const { bytesWritten } = await writeSome(file, bytes, written, length);
    written += bytesWritten;
  }
}
