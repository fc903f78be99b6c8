import type { KeyValue } from '../format/manifest.ts';

/** Runs SQL in the run's snapshot. Values arrive as PostgreSQL's text. */
export interface SnapshotReader {
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, string | null>[]>;
}

/** A table as the range queries need it: SQL that is quoted already. */
export interface RangeSource {
  /** Quoted, qualified name. */
  readonly relation: string;
  /** Primary-key columns in key order. */
  readonly key: readonly KeyColumn[];
  /** Widens 32-bit xids in this transaction. */
  readonly xids: XidBase;
}

export interface KeyColumn {
  /** Quoted name. */
  readonly column: string;
  /** Type with modifiers, as SQL. */
  readonly type: string;
  /** Quoted, qualified collation of the column, where it has one that is not the database's. */
  readonly collation: string | null;
  /** SQL function `f(value, seed bigint)` that hashes a value to 64 bits; null: hash it as a record. */
  readonly hash: string | null;
}

/** Bounds of a range: exclusive lower, inclusive upper; null is open. */
export interface Bounds {
  readonly lo: KeyValue | null;
  readonly hi: KeyValue | null;
}

/**
 * The 64-bit form of the newest xid that `age(xid)` counts from in this transaction: `base - age(xmin)` is the 64-bit
 * xid of a row. A row older than 2^31 transactions, frozen long ago, may come out too new: it is then read again
 * without need, but never missed. `xmin` itself survives freezing, so its low 32 bits identify the row's version.
 */
export interface XidBase {
  readonly base: bigint;
}

const twoTo32 = 1n << 32n;

export async function readXidBase(reader: SnapshotReader): Promise<XidBase> {
  const [row] = await reader.query(
    `SELECT pg_catalog.age('3'::pg_catalog.xid)::text AS age,
            pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text AS xmax`,
  );
  return { base: widenXid(BigInt(row?.['age'] ?? 0) + 3n, BigInt(row?.['xmax'] ?? 0)) };
}

/** The 64-bit xid nearest to `near` that has the low 32 bits of `xid`. */
export function widenXid(xid: bigint, near: bigint): bigint {
  const distance = BigInt.asIntN(32, xid - near);
  const widened = near + distance;
  return widened < 0n ? widened + twoTo32 : widened;
}

/** SQL for the 64-bit xid of a row of `t`; the two xids below 3 have no age and stay what they are, all as 2. */
export function wideXid({ base }: XidBase): string {
  return `CASE pg_catalog.age(t.xmin) WHEN 2147483647 THEN 2 ELSE ${base}::bigint - pg_catalog.age(t.xmin) END`;
}

/** SQL for the 64-bit hash of a row's key with a seed. */
export function keyHash(key: readonly KeyColumn[], alias: string, seed: string): string {
  const [first, ...others] = key;
  if (first?.hash && others.length === 0) return `${first.hash}(${alias}.${first.column}, ${seed})`;
  const columns = key.map(({ column }) => `${alias}.${column}`).join(', ');
  return `pg_catalog.hash_record_extended(ROW(${columns}), ${seed})`;
}
