/** 64-bit sums: the form of content digests, key digests and version digests. */
const mask = 0xffff_ffff_ffff_ffffn;

/** 16 lower-case hex digits of a sum modulo 2^64. */
export function formatDigest(sum: bigint): string {
  return (sum & mask).toString(16).padStart(16, '0');
}

export function parseDigest(text: string): bigint {
  return BigInt(`0x${text}`);
}

export function addDigests(...digests: readonly string[]): string {
  return sumDigests(digests);
}

/** As `addDigests`, for as many as there are: a call takes some 100,000 arguments at most. */
export function sumDigests(digests: Iterable<string>): string {
  const sum = new DigestSum();
  for (const digest of digests) sum.add(digest);
  return sum.toString();
}

/** The content digest of all that has one, together. */
export function digestOfAll(parts: Iterable<{ readonly digest: string }>): string {
  const sum = new DigestSum();
  for (const { digest } of parts) sum.add(digest);
  return sum.toString();
}

/** Adds digests one by one. */
export class DigestSum {
  // Two halves of 32 bits: a bigint for each of a million digests would be garbage.
  #high = 0;
  #low = 0;

  add(digest: string): void {
    this.addHalves(Number.parseInt(digest.slice(0, 8), 16), Number.parseInt(digest.slice(8), 16));
  }

  /** @param high the first 32 bits */
  addHalves(high: number, low: number): void {
    const sum = this.#low + low;
    this.#low = sum >>> 0;
    this.#high = (this.#high + high + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  }

  toString(): string {
    return hex32(this.#high) + hex32(this.#low);
  }
}

function hex32(number: number): string {
  return number.toString(16).padStart(8, '0');
}

export function subtractDigests(from: string, digest: string): string {
  return formatDigest(parseDigest(from) - parseDigest(digest));
}
