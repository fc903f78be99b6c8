import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

export interface CopyDigest {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** The whole table as `COPY` sends it in the order of its ids, hashed: nothing of this program has a hand in it. */
export async function digestOfCopy(client: pg.Client): Promise<CopyDigest> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    client.query(copyTo('COPY (SELECT * FROM articles ORDER BY id) TO STDOUT')),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    },
  );
  return { bytes, sha256: hash.digest('hex') };
}
