import { once } from 'node:events';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { PostgresMajor } from '../../src/embedded/watchdog-protocol.ts';
import { documents, rangeCases } from './documents.ts';
import { extensionCases } from './extensions.ts';
import { numbers } from './numbers.ts';
import { shapes } from './shapes.ts';
import { texts } from './texts.ts';
import { times } from './times.ts';
import type { TypeCase } from './type-case.ts';

/** A table for the values of one case: bare and, where that is possible, in a domain, an array and a composite type. */
export interface TypeTable extends TypeCase {
  readonly name: string;
  readonly isBare: boolean;
}

const cases = [...numbers, ...texts, ...times, ...shapes, ...documents, ...rangeCases, ...extensionCases];

/** The tables of all cases that a version has. */
export function typeTables(major: PostgresMajor): TypeTable[] {
  return cases
    .filter(({ since }) => since === undefined || since <= major)
    .map((one, index) => ({
      ...one,
      name: `t${String(index + 1).padStart(3, '0')} ${one.type.replaceAll('"', '')}`,
      // An array of arrays is but an array, and large values once are enough.
      isBare: one.isLarge === true || one.isArray === true || one.type.endsWith('[]'),
    }));
}

/** The types that the tables need: their own, and those that hold them. */
export async function createTypes(client: pg.Client, tables: readonly TypeTable[]): Promise<void> {
  for (const { name, type, before, isBare } of tables) {
    if (before !== undefined) await client.query(before);
    if (isBare) continue;
    await client.query(`CREATE DOMAIN "${name} domain" AS ${type};
      CREATE TYPE "${name} row" AS (x ${type}, y ${type}[], z "${name} domain")`);
  }
}

/** A query of NULL and all values of a case. */
export function valueQueries({ type, values }: TypeCase): string {
  const queries = values.map((value) => (/^\s*SELECT /.test(value) ? value : `SELECT ${value}::${type}`));
  return [`SELECT NULL::${type}`, ...queries].join(' UNION ALL ');
}

/** Creates and fills the tables. */
export async function createTypeTables(client: pg.Client, tables: readonly TypeTable[]): Promise<void> {
  for (const one of tables) {
    const { name, type, isBare } = one;
    const rows = `(SELECT row_number() OVER (), v FROM (${valueQueries(one)}) AS q(v)) AS r(id, v)`;
    const more = isBare ? '' : `, d "${name} domain", a ${type}[], r "${name} row"`;
    const wrapped = isBare ? '' : `, v, ARRAY[v, NULL, v], ROW(v, ARRAY[v, NULL], v)::"${name} row"`;
    await client.query(`CREATE TABLE "${name}" (id int PRIMARY KEY, v ${type}${more});
      INSERT INTO "${name}" SELECT id, v${wrapped} FROM ${rows}`);
  }
}

/**
 * The `COPY` text of tables by name, with the settings that text depends on; one character for each byte, rows sorted.
 * The source and the target of a restore have the same text exactly when all values are the same.
 */
export async function copyTexts(
  client: pg.Client,
  tables: readonly { readonly name: string }[],
): Promise<Record<string, string[]>> {
  await client.query(
    `SET search_path = ''; SET TimeZone = 'UTC'; SET lc_monetary = 'C'; SET extra_float_digits = 3`,
  );
  const texts: Record<string, string[]> = {};
  for (const { name } of tables) {
    const stream = client.query(copyTo(`COPY public."${name}" TO STDOUT`));
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    await once(stream, 'end');
    texts[name] = Buffer.concat(pieces).toString('latin1').split('\n').slice(0, -1).sort();
  }
  return texts;
}
