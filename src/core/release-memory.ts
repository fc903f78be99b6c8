/**
 * Gives the memory of large bytes back at once, instead of when the garbage is collected: a thread that handles little but
 * large buffers collects so seldom that tens of megabytes pile up. Nobody may use the bytes afterwards. Bytes that share
 * their memory with others are left alone.
 */
export function releaseMemory(...all: readonly Uint8Array[]): void {
  for (const { buffer, byteLength } of all) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 65_536)
      buffer.transfer(0);
  }
}
