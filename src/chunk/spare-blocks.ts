import { releaseMemory } from '../core/release-memory.ts';
import { blockBytes } from './in-blocks.ts';

/** More are not kept: some ranges are under way in a thread, and each has few blocks on its way. */
const mostKept = 16;
const kept: ArrayBuffer[] = [];

/**
 * The parts, one after the other, in memory of their own: that of a block that was let go, where they are no larger. Blocks come
 * and go by the thousand, each of a slightly different size, and would leave holes between them.
 */
export function joinBlock(...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const memory = length > blockBytes ? Buffer.allocUnsafeSlow(length) : takeMemory();
  let at = 0;
  for (const part of parts) {
    memory.set(part, at);
    at += part.length;
  }
  return memory.subarray(0, length);
}

function takeMemory(): Buffer {
  const memory = kept.pop();
  return memory ? Buffer.from(memory) : Buffer.allocUnsafeSlow(blockBytes);
}

/**
 * Lets blocks go that `joinBlock` made: their memory is used again. All views of them are empty from now on, so that who still
 * reads one gets nothing, rather than other rows; to let one go twice does nothing.
 */
export function releaseBlocks(...blocks: readonly Uint8Array[]): void {
  for (const block of blocks) {
    const { buffer } = block;
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== blockBytes) releaseMemory(block);
    else if (kept.length < mostKept) kept.push(buffer.transfer());
    else buffer.transfer(0);
  }
}
