import { once } from 'node:events';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** A table as anybody would copy it: nothing of the program has a hand in it. */
export interface PlainTable {
  /** Name, type, and what the catalogue says of generation, of each column. */
  readonly columns: readonly string[];
  /** Lines of `COPY`, sorted. */
  readonly rows: readonly string[];
}

/** All user tables, by qualified name; partitioned tables as well as each of their partitions. */
export interface PlainCopy {
  /** Text of the snapshot it was made in. */
  readonly snapshot: string;
  readonly tables: ReadonlyMap<string, PlainTable>;
  /** Labels of the enum, in order. */
  readonly labels: readonly string[];
}

/**
 * Copies everything that the client's transaction sees.
 *
 * @param snapshot name of an exported snapshot to be read; the present when absent
 */
export async function copyDatabase(client: pg.Client, snapshot?: string): Promise<PlainCopy> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  try {
    if (snapshot !== undefined) {
      await client.query(`SET TRANSACTION SNAPSHOT ${client.escapeLiteral(snapshot)}`);
    }
    const now = await client.query<{ text: string }>('SELECT pg_current_snapshot()::text AS text');
    const labels = await client.query<{ label: string }>(
      `SELECT enumlabel AS label FROM pg_enum JOIN pg_type AS t ON t.oid = enumtypid
        WHERE typname = 'mood' ORDER BY enumsortorder`,
    );
    const tables = new Map<string, PlainTable>();
    for (const { name, columns } of await listTables(client)) {
      tables.set(name, { columns, rows: await copyRows(client, name) });
    }
    return { snapshot: now.rows[0]?.text ?? '', tables, labels: labels.rows.map(({ label }) => label) };
  } finally {
    await client.query('ROLLBACK');
  }
}

async function listTables(client: pg.Client): Promise<{ name: string; columns: string[] }[]> {
  const { rows } = await client.query<{ name: string; columns: string[] | null }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name,
            (SELECT array_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod),
                                        attcollation::regcollation, CASE WHEN attnotnull THEN 'NOT NULL' END,
                                        attidentity, attgenerated,
                                        CASE WHEN attgenerated <> '' THEN pg_get_expr(adbin, adrelid) END)
                              ORDER BY attnum)
               FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
              WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      ORDER BY 1`,
  );
  return rows.map(({ name, columns }) => ({ name, columns: columns ?? [] }));
}

async function copyRows(client: pg.Client, name: string): Promise<string[]> {
  const stream = client.query(copyTo(`COPY (SELECT * FROM ${name}) TO STDOUT`));
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  return Buffer.concat(pieces).toString('utf8').split('\n').slice(0, -1).sort();
}

/** The first difference, for people; undefined where there is none. */
export function differenceBetween(source: PlainCopy, restored: PlainCopy): string | undefined {
  for (const name of new Set([...source.tables.keys(), ...restored.tables.keys()])) {
    const [a, b] = [source.tables.get(name), restored.tables.get(name)];
    if (!a || !b) return `${name} is ${b ? 'not in the source' : 'missing'}`;
    if (a.columns.join('\n') !== b.columns.join('\n')) {
      return `${name} has other columns:\n- ${a.columns.join('\n- ')}\n+ ${b.columns.join('\n+ ')}`;
    }
    const rows = differentRows(a.rows, b.rows);
    if (rows) return `${name} has other rows (- source, + restored):\n${rows}`;
  }
  return undefined;
}

const shownRows = 6;

function differentRows(source: readonly string[], restored: readonly string[]): string | undefined {
  const left = new Map<string, number>();
  for (const row of source) left.set(row, (left.get(row) ?? 0) + 1);
  for (const row of restored) left.set(row, (left.get(row) ?? 0) - 1);
  const lines = [...left].filter(([, count]) => count !== 0);
  if (lines.length === 0) return undefined;
  const shown = lines
    .slice(0, shownRows)
    .map(([row, count]) => `${count > 0 ? '-' : '+'} ${row.slice(0, 200)}`);
  return [`${lines.length} rows differ, of ${source.length} and ${restored.length}`, ...shown].join('\n');
}
