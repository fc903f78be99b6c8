import { BugError } from '../core/errors.ts';
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
  /** SQL function `f(value, seed bigint)` that hashes a value to 64 bits; null: its record or its text is hashed. */
  readonly hash: string | null;
  /**
   * Quoted schema of the operators of the type's default btree class; `pg_catalog` when absent. Types of extensions
   * bring their own, which no `search_path` finds: `citext` would be compared as `text`, in another order than its index.
   */
  readonly operators?: string;
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

/** To be asked in the very transaction that scans: `age` counts from another xid in the next one. */
export async function readXidBase(reader: SnapshotReader): Promise<XidBase> {
  const [row] = await reader.query(
    `SELECT pg_catalog.age('3'::pg_catalog.xid)::text AS age,
            pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text AS xmax`,
  );
  const { age, xmax } = row ?? {};
  if (!age || !xmax) throw new BugError('the server did not tell its xids');
  return { base: widenXid(BigInt(age) + 3n, BigInt(xmax)) };
}

/** The 64-bit xid nearest to `near` that has the low 32 bits of `xid`. */
export function widenXid(xid: bigint, near: bigint): bigint {
  const distance = BigInt.asIntN(32, xid - near);
  const widened = near + distance;
  return widened < 0n ? widened + twoTo32 : widened;
}

/**
 * SQL for the 64-bit xid of a row of `t`. The two xids below 3 have no age and stay what they are; they are told by
 * their value, because the age they get is that of an ordinary row, too.
 */
export function wideXid({ base }: XidBase): string {
  const is = (xid: number) => `t.xmin OPERATOR(pg_catalog.=) '${xid}'::pg_catalog.xid`;
  return `CASE WHEN ${is(2)} THEN 2 WHEN ${is(1)} THEN 1 ELSE ${base}::bigint - pg_catalog.age(t.xmin) END`;
}

/** Built-in types that have a 64-bit hash, as `format_type` prints them, without modifiers. */
const hashableTypes = new Set(
  [
    'smallint,integer,bigint,numeric,real,double precision,boolean,oid,uuid,bytea,inet,cidr,macaddr,macaddr8,pg_lsn',
    'text,character varying,character,name,"char",date,interval,time without time zone,time with time zone',
    'timestamp without time zone,timestamp with time zone',
  ].flatMap((types) => types.split(',')),
);

/**
 * SQL for the 64-bit hash of a key whose parts are `alias.k0`, `alias.k1`, …, with a seed. A type that may have no hash
 * (`bit`, `money`, those of extensions) is hashed by its text.
 */
export function keyHash(key: readonly KeyColumn[], alias: string, seed: string): string {
  const [first, ...others] = key;
  if (first?.hash && others.length === 0) return `${first.hash}(${alias}.k0, ${seed})`;
  const parts = key.map(({ type }, part) =>
    hashableTypes.has(type.replace(/\(.*?\)/, '')) ? `${alias}.k${part}` : textOf(`${alias}.k${part}`),
  );
  return `pg_catalog.hash_record_extended(ROW(${parts.join(', ')}), ${seed})`;
}

function textOf(value: string): string {
  return `${value}::text COLLATE pg_catalog."C"`;
}
