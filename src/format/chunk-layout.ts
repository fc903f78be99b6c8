/**
 * A packed chunk: 116 bytes, and no text. Its key is made of its number, the start of its run and its compression; a chunk whose
 * key is not, which no check lets through, is a JSON text.
 */
export const chunkStride = 116;

/** Numbers of 64 bits each, digests, and a byte each for the last three. */
export const chunkAt = {
  number: 0,
  rows: 8,
  bytes: 16,
  copyBytes: 24,
  sha256: 32,
  copySha256: 64,
  digest: 96,
  /** The digits of the run's start as one number: at most 14, so that it is exact. */
  runStart: 104,
  /** 0 for a base. */
  kind: 112,
  /** Position among all compressions. */
  compression: 113,
  /** 1 where the chunk is a JSON text. */
  isJson: 114,
} as const;
