import type { BigIntStats } from 'node:fs';
import type { StoredObject } from '../store.ts';

/** Each write makes a new inode, so inode and time change whenever the content does. */
export function storedObject(key: string, stats: BigIntStats): StoredObject & { readonly etag: string } {
  return {
    key,
    bytes: Number(stats.size),
    lastModified: stats.mtime,
    etag: `"${stats.ino.toString(36)}-${stats.mtimeNs.toString(36)}"`,
  };
}
