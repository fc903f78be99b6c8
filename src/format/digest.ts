/** 64-bit sums: the form of content digests, key digests and version digests. */
export const digestMask = 0xffff_ffff_ffff_ffffn;

/** 16 lower-case hex digits of a sum modulo 2^64. */
export function formatDigest(sum: bigint): string {
  return (sum & digestMask).toString(16).padStart(16, '0');
}

export function parseDigest(text: string): bigint {
  return BigInt(`0x${text}`);
}

export function addDigests(...digests: readonly string[]): string {
  return sumDigests(digests);
}

/** As `addDigests`, for as many as there are: a call takes some 100,000 arguments at most. */
export function sumDigests(digests: Iterable<string>): string {
  let sum = 0n;
  for (const digest of digests) sum = (sum + parseDigest(digest)) & digestMask;
  return formatDigest(sum);
}

export function subtractDigests(from: string, digest: string): string {
  return formatDigest(parseDigest(from) - parseDigest(digest));
}
