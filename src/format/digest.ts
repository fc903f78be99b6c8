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
  #sum = 0n;

  add(digest: string): void {
    this.#sum = (this.#sum + parseDigest(digest)) & mask;
  }

  toString(): string {
    return formatDigest(this.#sum);
  }
}

export function subtractDigests(from: string, digest: string): string {
  return formatDigest(parseDigest(from) - parseDigest(digest));
}
