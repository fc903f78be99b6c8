/**
 * Gives the memory of large bytes back at once, instead of when the garbage is collected: a thread that handles little but
 * large buffers collects so seldom that tens of megabytes pile up. Nobody may use the bytes afterwards. Bytes that share
 * their memory with others are left alone.
 */
export function releaseMemory(...all: readonly Uint8Array[]): void {
  for (const buffer of ownMemory(...all)) buffer.transfer(0);
}

/**
 * The same for smaller bytes, as buffers of the network are. They pile up faster than any other: the heap that holds some hundred
 * bytes for each is collected for the memory outside of it, again and again, as a whole; or hardly ever, where it has room.
 */
export function releaseSmall({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength >= 1024)
    buffer.transfer(0);
}

/**
 * Whether the bytes stand at the beginning of large memory of their own, which may have some room behind them. Only for bytes that
 * were allocated for what they hold: a view of somebody else's memory looks the same.
 */
export function hasRoom({ buffer, byteOffset }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength > Buffer.poolSize;
}

/** The memory of bytes that may have room behind them, where it is their own. */
export function ownWithRoom(bytes: Uint8Array): ArrayBuffer[] {
  return hasRoom(bytes) ? [bytes.buffer as ArrayBuffer] : [];
}

/** As `releaseMemory`, of bytes that may have room behind them. */
export function releaseWithRoom(bytes: Uint8Array): void {
  if (hasRoom(bytes)) (bytes.buffer as ArrayBuffer).transfer(0);
}

/** The memory, each once, of those that are large and share theirs with nobody else. */
export function ownMemory(...all: readonly Uint8Array[]): ArrayBuffer[] {
  return all
    .filter(({ buffer, byteLength }) => buffer.byteLength === byteLength && byteLength > 65_536)
    .map(({ buffer }) => buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer)
    .filter((buffer, index, buffers) => buffers.indexOf(buffer) === index);
}
