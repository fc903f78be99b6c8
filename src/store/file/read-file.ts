import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { endOfRange, type ByteRange } from '../byte-range.ts';
import type { GetOptions } from '../store.ts';

const pieceBytes = 1 << 20;

/** The bytes of a file, or of a range of it, a megabyte at a time. */
export async function* readPieces(path: string, range?: ByteRange): AsyncIterable<Uint8Array> {
  const file = await openPlain(path);
  try {
    const end = endOfRange(range, (await file.stat()).size);
    for (let at = range?.first ?? 0; at < end;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(Math.min(pieceBytes, end - at)), {
        position: at,
      });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** The bytes of a file, or of a range of it, at once; `most` and `into` as in `GetOptions`. */
export async function readWhole(
  path: string,
  { range, most = Infinity, into = (bytes) => new Uint8Array(bytes) }: Omit<GetOptions, 'signal'>,
): Promise<Uint8Array> {
  const file = await openPlain(path);
  try {
    const first = range?.first ?? 0;
    const end = Math.min(endOfRange(range, (await file.stat()).size), first + most + 1);
    const whole = into(Math.max(0, end - first));
    let filled = 0;
    while (filled < whole.length) {
      const { bytesRead } = await file.read(whole, filled, whole.length - filled, first + filled);
      if (bytesRead === 0) return whole.subarray(0, filled);
      filled += bytesRead;
    }
    return whole;
  } finally {
    await file.close();
  }
}

/** Opens an ordinary file; a link, a folder, a device or a pipe is refused, not waited for. */
async function openPlain(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = await file.stat();
  if (stats.isFile()) return file;
  await file.close();
  throw Object.assign(new Error(`${path} is no ordinary file`), { code: 'EISDIR' });
}
