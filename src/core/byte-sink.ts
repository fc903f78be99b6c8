const zero = 0x30;
/** The two hex digits of each byte, as they lie in memory. */
const hexPairs = Uint8Array.from({ length: 512 }, (_, index) =>
  (index % 2 === 0 ? index >> 5 : (index >> 1) & 15).toString(16).charCodeAt(0),
);

/** Bytes that are written one behind the other. The memory grows with them, and is used again when they were taken. */
export class ByteSink {
  bytes: Buffer;
  length = 0;

  constructor(size = 64) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  text(text: string): void {
    this.#reserve(3 * text.length);
    this.length += this.bytes.write(text, this.length);
  }

  copy(from: Uint8Array, start = 0, end = from.length): void {
    this.#reserve(end - start);
    const { bytes } = this;
    let { length } = this;
    for (let at = start; at < end; at++) bytes[length++] = from[at] ?? 0;
    this.length = length;
  }

  /** A safe integer that is not negative, in decimal. */
  integer(number: number): void {
    this.#reserve(16);
    const { bytes } = this;
    for (let power = 1; power === 1 || power <= number; power *= 10) this.length += 1;
    let at = this.length;
    let rest = number;
    // Within 32 bits a remainder is found several times as fast.
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 10)) bytes[--at] = zero + (rest % 10);
    let small = rest | 0;
    do {
      bytes[--at] = zero + (small % 10);
      small = (small / 10) | 0;
    } while (small > 0);
  }

  /** With zeros before it, where it has fewer digits. */
  padded(number: number, digits: number): void {
    this.#reserve(16);
    for (let power = 10 ** (digits - 1); power > number && power > 1; power /= 10)
      this.bytes[this.length++] = zero;
    this.integer(number);
  }

  /** The bytes as lower-case hex digits. */
  hex(from: Uint8Array, start: number, end: number): void {
    this.#reserve(2 * (end - start));
    const { bytes } = this;
    let { length } = this;
    for (let at = start; at < end; at++) {
      const pair = 2 * (from[at] ?? 0);
      bytes[length++] = hexPairs[pair] ?? 0;
      bytes[length++] = hexPairs[pair + 1] ?? 0;
    }
    this.length = length;
  }

  /** A copy of what was written, in memory of its own; the sink is empty then. */
  take(): Buffer {
    const taken = Buffer.allocUnsafeSlow(this.length);
    this.bytes.copy(taken, 0, 0, this.length);
    this.length = 0;
    return taken;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
