/** S3 takes no part but the last below 5 MiB, and at most 10,000 parts. */
const partBytes = 8 * 1024 * 1024;

/** The same bytes in buffers of `size`, the last one shorter, perhaps empty; a new buffer each. */
export async function* regroup(
  pieces: AsyncIterable<Uint8Array>,
  size = partBytes,
): AsyncGenerator<Uint8Array> {
  let part = new Uint8Array(size);
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      if (filled === size) {
        yield part;
        part = new Uint8Array(size);
        filled = 0;
      }
      const taken = piece.subarray(at, at + size - filled);
      part.set(taken, filled);
      filled += taken.length;
      at += taken.length;
    }
  }
  yield part.subarray(0, filled);
}

/** `taken`, then what `rest` still has; ends `rest` when it is left early. */
export async function* joined(
  taken: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  try {
    yield* taken;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
