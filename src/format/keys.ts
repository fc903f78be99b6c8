/**
 * Object keys below the store's prefix:
 *
 *     chunks/chunk_000001_20250527_000750.json[.zst|.gz]    a number that grows over the life of the store, run start
 *     manifests/backup_manifest_20250527_001234.json        commit time
 *     schemas/schema_20250527_001234.sql                    when the schema was dumped
 *     removals/removal_20250527_001234.json                 manifests that retention removed, and when
 *     proofs/proof_20250527_001234_20250528_031500.json     a restore that was proved: commit time of its manifest, time of the proof
 *     lease.json                                            who writes this lineage now
 *
 * Times are UTC. Numbers have at least six digits; beyond 999,999 they grow, so order by the number, not the name.
 */
import type { Compression } from './columns.ts';

export const chunkPrefix = 'chunks/';
/** What stands before its number. */
export const chunkKeyStart = `${chunkPrefix}chunk_`;
export const manifestPrefix = 'manifests/';
export const schemaDumpPrefix = 'schemas/';
export const removalPrefix = 'removals/';
export const proofPrefix = 'proofs/';
export const leaseKey = 'lease.json';

const chunkPattern =
  /^chunks\/chunk_(\d{6,15})_\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])_(?:[01]\d|2[0-3])(?:[0-5]\d){2}\.json(?:\.(?:zst|gz))?$/;
const manifestPattern = /^manifests\/backup_manifest_(\d{8}_\d{6})\.json$/;
const schemaDumpPattern = /^schemas\/schema_\d{8}_\d{6}\.sql$/;
const removalPattern = /^removals\/removal_\d{8}_\d{6}\.json$/;
const proofPattern = /^proofs\/proof_(\d{8}_\d{6})_(\d{8}_\d{6})\.json$/;

export const chunkKeySuffixes: Readonly<Record<Compression, string>> = {
  none: '',
  gzip: '.gz',
  zstd: '.zst',
};

export function chunkKey(number: number, runStart: Date, compression: Compression): string {
  return `${chunkKeyStart}${paddedNumber(number)}_${stamp(runStart)}.json${chunkKeySuffixes[compression]}`;
}

export function isNamedByCompression(key: string, compression: Compression): boolean {
  return key.endsWith(`.json${chunkKeySuffixes[compression]}`);
}

/** The key of a chunk by the digits of its run's start, date and time as one number. */
export function chunkKeyOf(number: number, runStart: number, compression: Compression): string {
  const digits = String(runStart).padStart(14, '0');
  const start = `${digits.slice(0, 8)}_${digits.slice(8)}`;
  return `${chunkKeyStart}${paddedNumber(number)}_${start}.json${chunkKeySuffixes[compression]}`;
}

/** The number of a chunk's key, or undefined for a key that names no chunk. */
export function chunkNumber(key: string): number | undefined {
  const digits = chunkPattern.exec(key)?.[1];
  if (digits === undefined) return undefined;
  const number = Number(digits);
  return paddedNumber(number) === digits ? number : undefined;
}

function paddedNumber(number: number): string {
  return String(number).padStart(6, '0');
}

export function manifestKey(committedAt: Date): string {
  return `${manifestPrefix}backup_manifest_${stamp(committedAt)}.json`;
}

export function schemaDumpKey(time: Date): string {
  return `${schemaDumpPrefix}schema_${stamp(time)}.sql`;
}

export function isSchemaDumpKey(key: string): boolean {
  return schemaDumpPattern.test(key);
}

export function removalKey(time: Date): string {
  return `${removalPrefix}removal_${stamp(time)}.json`;
}

export function isRemovalKey(key: string): boolean {
  return removalPattern.test(key);
}

/** @param manifest the key of the manifest that was restored */
export function proofKey(manifest: string, provedAt: Date): string {
  const committedAt = manifestPattern.exec(manifest)?.[1] ?? '';
  return `${proofPrefix}proof_${committedAt}_${stamp(provedAt)}.json`;
}

/** The manifest that a proof is of, and when it was made; undefined for a key that names no proof. */
export function proofOf(key: string): { readonly manifest: string; readonly provedAt: Date } | undefined {
  const [, committed, proved] = proofPattern.exec(key) ?? [];
  const committedAt = parseStamp(committed ?? '');
  const provedAt = parseStamp(proved ?? '');
  return committedAt && provedAt ? { manifest: manifestKey(committedAt), provedAt } : undefined;
}

/** When the run began that a chunk's key names. */
export function chunkRunStart(key: string): Date | undefined {
  return parseStamp(/_(\d{8}_\d{6})\.json/.exec(key)?.[1] ?? '');
}

/** A key that sorts after those of chunk `number`, and before those of later numbers with as many digits. */
export function afterChunk(number: number): string {
  return `${chunkKeyStart}${paddedNumber(number)}_~`;
}

/** The commit time in a manifest's key, or undefined for a key that names no manifest. */
export function manifestTime(key: string): Date | undefined {
  const text = manifestPattern.exec(key)?.[1];
  return text === undefined ? undefined : parseStamp(text);
}

/** `YYYYMMDD_HHMMSS`, UTC. */
export function stamp(time: Date): string {
  return time.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
}

function parseStamp(text: string): Date | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6.000Z');
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) || stamp(time) !== text ? undefined : time;
}

/** Whether this program gives objects such names; whatever else lies below the prefix is somebody else's. */
export function isOwnKey(key: string): boolean {
  const isNamed = chunkNumber(key) !== undefined || manifestTime(key) !== undefined || isSchemaDumpKey(key);
  return isNamed || isRemovalKey(key) || proofOf(key) !== undefined || key === leaseKey;
}
