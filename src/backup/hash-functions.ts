/**
 * SQL functions that hash a key value to 64 bits with a seed, by type. Other types are hashed as a record of one
 * column, which does the same at about half the speed.
 */
export const hashFunctions: Readonly<Record<string, string>> = {
  smallint: 'pg_catalog.hashint2extended',
  integer: 'pg_catalog.hashint4extended',
  bigint: 'pg_catalog.hashint8extended',
  text: 'pg_catalog.hashtextextended',
  uuid: 'pg_catalog.uuid_hash_extended',
  numeric: 'pg_catalog.hash_numeric_extended',
};
