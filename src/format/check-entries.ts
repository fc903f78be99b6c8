import { compressions } from './columns.ts';
import { chunkEntrySchema, rangeEntrySchema } from './manifest-schema.ts';
import type { ChunkEntry, KeyValue, PatchSlice, RangeEntry, RecentRow } from './manifest.ts';

/**
 * Checks entries by hand, as strictly as their schemas do: a manifest may have a million of them, and a schema takes as
 * long for one as reading it. What has a value that is wrong is left to the schema, which tells what.
 */

/** The entry with no other members; undefined where the schema would not take it. */
export function chunkEntryOf(value: unknown): ChunkEntry | undefined {
  if (!isObject(value)) return undefined;
  const { number, key, kind, rows, bytes, sha256, copyBytes, copySha256, digest, compression } = value;
  const isRight =
    isCount(number) &&
    isText(key, chunkKeyPattern) &&
    (kind === 'base' || kind === 'patch') &&
    isPositive(rows) &&
    isCount(bytes) &&
    isText(sha256, hex256) &&
    isCount(copyBytes) &&
    isText(copySha256, hex256) &&
    isText(digest, hex64) &&
    isCompression(compression);
  if (!isRight) return undefined;
  return { number, key, kind, rows, bytes, sha256, copyBytes, copySha256, digest, compression };
}

/** As `chunkEntryOf`. */
export function rangeEntryOf(value: unknown): RangeEntry | undefined {
  if (!isObject(value)) return undefined;
  const { lo, hi, rows, keyDigest, versionDigest, asOf, digest, base, patches, recent } = value;
  const isRight =
    (lo === null || isKeyValue(lo)) &&
    (hi === null || isKeyValue(hi)) &&
    isCount(rows) &&
    isText(keyDigest, hex64) &&
    isText(versionDigest, hex64) &&
    isXid(asOf) &&
    isText(digest, hex64) &&
    isCount(base) &&
    isListOf(patches, isPatch) &&
    (recent === null || isListOf(recent, isRecent));
  if (!isRight) return undefined;
  return {
    lo,
    hi,
    rows,
    keyDigest,
    versionDigest,
    asOf,
    digest,
    base,
    patches: patches.map(({ chunk, first, rows: patched }) => ({ chunk, first, rows: patched })),
    recent: recent && recent.map(({ key, xmin }) => ({ key, xmin })),
  };
}

/** What is wrong with an entry that was not taken. */
export function describeEntry(value: unknown, kind: 'chunks' | 'ranges'): string {
  const schema = kind === 'chunks' ? chunkEntrySchema : rangeEntrySchema;
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'has a wrong value'}`.slice(0, 200);
}

const chunkKeyPattern = /^chunks\/chunk_\d{6,15}_\d{8}_\d{6}\.json(\.zst|\.gz)?$/;
const hex256 = /^[0-9a-f]{64}$/;
const hex64 = /^[0-9a-f]{16}$/;
const xidPattern = /^\d{1,19}$/;
const largestXid = '9223372036854775807';
const mostKeyParts = 32;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPositive(value: unknown): value is number {
  return isCount(value) && value > 0;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isXid(value: unknown): value is string {
  return isText(value, xidPattern) && (value.length < 19 || value <= largestXid);
}

function isCompression(value: unknown): value is ChunkEntry['compression'] {
  return compressions.some((compression) => compression === value);
}

function isListOf<T>(value: unknown, isOne: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isOne);
}

function isKeyValue(value: unknown): value is KeyValue {
  return isListOf(value, isPostgresText) && value.length > 0 && value.length <= mostKeyParts;
}

function isPostgresText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
}

function isPatch(value: unknown): value is PatchSlice {
  return isObject(value) && isCount(value['chunk']) && isCount(value['first']) && isPositive(value['rows']);
}

function isRecent(value: unknown): value is RecentRow {
  return isObject(value) && isKeyValue(value['key']) && isXid(value['xmin']);
}
