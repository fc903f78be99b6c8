const [zero, nine, quote, backslash] = [0x30, 0x39, 0x22, 0x5c];
/** More digits may be no safe integer. */
const mostDigits = 15;

/** Value of each lower-case hex digit; 16 for any other byte. */
const hexValues = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte));
  return digit < 0 ? 16 : digit;
});

/**
 * Reads text that has just the form it is expected to have, byte by byte and without making strings of it. Once something
 * else is met, `isRight` is false, and stays so. Bytes behind the end of the text may be read, and must not be believed:
 * whoever reads looks at `at` in the end.
 */
export class LineCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  isRight = true;

  start(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.at = at;
    this.isRight = true;
  }

  literal(expected: Uint8Array): void {
    const { bytes, at } = this;
    const { length } = expected;
    for (let index = 0; index < length; index++) {
      if (bytes[at + index] !== expected[index]) return this.#wrong();
    }
    this.at = at + length;
  }

  /** Whether the text goes on like this; only then it is read. */
  has(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    for (let index = 0; index < length; index++) {
      if (bytes[at + index] !== expected[index]) return false;
    }
    this.at = at + length;
    return true;
  }

  /** As JSON writes one that is not negative. */
  integer(): number {
    const start = this.at;
    const number = this.digits();
    if (this.bytes[start] === zero && this.at > start + 1) this.#wrong();
    return number;
  }

  /** One digit or more. */
  digits(): number {
    const { bytes } = this;
    let { at } = this;
    let number = 0;
    for (let byte = bytes[at] ?? 0; byte >= zero && byte <= nine; byte = bytes[++at] ?? 0) {
      number = number * 10 + (byte - zero);
    }
    const length = at - this.at;
    if (length === 0 || length > mostDigits) this.#wrong();
    this.at = at;
    return number;
  }

  /** Just so many digits. */
  fixedDigits(length: number): number {
    const start = this.at;
    const number = this.digits();
    if (this.at !== start + length) this.#wrong();
    return number;
  }

  /** Lower-case hex digits of so many bytes, which go to `into`. */
  hex(into: Uint8Array, to: number, length: number): void {
    const { bytes, at } = this;
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const high = hexValues[bytes[at + 2 * index] ?? 0] ?? 16;
      const low = hexValues[bytes[at + 2 * index + 1] ?? 0] ?? 16;
      seen |= high | low;
      into[to + index] = (high << 4) | low;
    }
    if (seen > 15) return this.#wrong();
    this.at = at + 2 * length;
  }

  /** A JSON string without anything escaped. Whether all of it is ASCII. */
  plainString(): boolean {
    const { bytes } = this;
    let { at } = this;
    let seen = 0;
    if (bytes[at++] !== quote) this.#wrong();
    for (let byte = bytes[at] ?? 0; byte !== quote; byte = bytes[++at] ?? 0) {
      // The bytes may end here as well.
      if (byte < 0x20 || byte === backslash) {
        this.#wrong();
        break;
      }
      seen |= byte;
    }
    this.at = at + 1;
    return seen < 0x80;
  }

  wrongUnless(isRight: boolean): void {
    if (!isRight) this.#wrong();
  }

  #wrong(): void {
    this.isRight = false;
  }
}
