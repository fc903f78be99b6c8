import { refused } from './tokenize.ts';

const name = String.raw`(?:[a-z_][a-z0-9_$]*|"(?:[^"\0]|"")+")`;
/** `(10,2)`, `(Point,4326)` */
const modifier = String.raw`(?:\([A-Za-z0-9_, -]+\))?`;
const interval = String.raw`interval(?: (?:year|month|day|hour|minute|second)(?: to (?:month|hour|minute|second))?)?`;
/** As `format_type` prints types: SQL's own names of several words, or one name with or without its schema. */
const typePattern = new RegExp(
  [
    '^(?:',
    [
      'double precision',
      String.raw`(?:character|bit) varying${modifier}`,
      String.raw`(?:time|timestamp)(?:\(\d\))? with(?:out)? time zone`,
      String.raw`${interval}(?:\(\d\))?`,
      String.raw`(?:${name}\.)?${name}${modifier}`,
    ].join('|'),
    String.raw`)(?:\[\])*$`,
  ].join(''),
);
const collationPattern = new RegExp(`^${name}\\.${name}$`);

/**
 * The type of a column: nothing but a type, so that no further clause of a column comes with it (law 8).
 *
 * @throws BackupError `E_MANIFEST_DAMAGED`
 */
export function checkType(sql: string): string {
  // In CREATE TABLE these would make sequences of their own.
  if (!typePattern.test(sql) || /^(?:small|big)?serial[248]?$/.test(sql)) throw refused('no type', sql);
  return sql;
}

/** A qualified collation. */
export function checkCollation(sql: string): string {
  if (!collationPattern.test(sql)) throw refused('no collation', sql);
  return sql;
}

/** @throws BackupError `E_MANIFEST_DAMAGED` for what no sequence counts in */
export function checkSequenceType(sql: string): string {
  if (!['smallint', 'integer', 'bigint'].includes(sql)) throw refused('no type of a sequence', sql);
  return sql;
}
