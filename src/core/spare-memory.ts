/** Bytes by which memory grows, at least: what one chunk leaves fits the next one of about its size. */
const stepBytes = 256 * 1024;
/** What is begun with where nothing is known. */
const firstBytes = 1024 * 1024;
/** More are not kept: there are no more chunks than that under way in a thread, unless workers are many. */
const mostKept = 8;

/**
 * Large memory that is used again for one chunk after the other. Were it freed and allocated anew, as some threads do it beside
 * each other, the allocator would keep holes between what is in use: half as much as that. All views of what is given here are
 * empty from then on: who still reads one gets nothing, rather than other bytes.
 */
export class SpareMemory {
  #kept: ArrayBuffer[] = [];
  #usualBytes = firstBytes;

  /** Of at least so many bytes; what it holds is left over from before. */
  take(leastBytes = 0): ArrayBuffer {
    const at = this.#kept.findLastIndex(({ byteLength }) => byteLength >= leastBytes);
    const [found] = at < 0 ? [] : this.#kept.splice(at, 1);
    return found ?? Buffer.allocUnsafeSlow(roundUp(Math.max(leastBytes, this.#usualBytes))).buffer;
  }

  /** Takes it over. What is smaller than usual, or too much, goes back to the allocator at once. */
  give(...all: readonly ArrayBuffer[]): void {
    for (const memory of all) {
      if (memory.byteLength === 0) continue;
      if (this.#kept.length < mostKept && memory.byteLength >= this.#usualBytes)
        this.#kept.push(memory.transfer());
      else memory.transfer(0);
    }
  }

  /** Notes how much a chunk takes: what is allocated next has room for as much. */
  used(bytes: number): void {
    this.#usualBytes = Math.max(this.#usualBytes, bytes);
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / stepBytes) * stepBytes;
}
