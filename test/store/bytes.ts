/** Bytes as a text, one character each, which a failed comparison can show. */
export function bytesOf(body: Uint8Array): string {
  return Buffer.from(body).toString('latin1');
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function collectBytes(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await collect(pieces));
}

/** A body cut into pieces of `size`. */
export async function* pieces(body: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}
