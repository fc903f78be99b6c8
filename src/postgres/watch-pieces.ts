/** The same pieces; tells a failure of their source from one of the connection. */
export async function* watchPieces(
  pieces: AsyncIterable<Uint8Array>,
  onFailure: (reason: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (reason) {
    onFailure(reason);
    throw reason;
  }
}
