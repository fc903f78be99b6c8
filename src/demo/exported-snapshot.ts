import type pg from 'pg';
import { codeOf } from '../core/errors.ts';

/**
 * Lets the client see exactly what a running backup sees: adopts the snapshot which that backup has exported. Only a
 * superuser can learn its name, from the server's folder of exported snapshots.
 *
 * @returns its text form, or undefined when the backup that held it has ended already.
 */
export async function adoptExportedSnapshot(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>("SELECT pg_ls_dir('pg_snapshots') AS name");
  for (const { name } of rows) {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    try {
      await client.query(`SET TRANSACTION SNAPSHOT ${client.escapeLiteral(name)}`);
      const adopted = await client.query<{ text: string }>('SELECT pg_current_snapshot()::text AS text');
      return adopted.rows[0]?.text;
    } catch (error) {
      await client.query('ROLLBACK');
      if (!gone.includes(codeOf(error) ?? '')) throw error;
    }
  }
  return undefined;
}

/** What PostgreSQL says of a snapshot whose transaction has ended. */
const gone = ['22023', '42704', '55000'];
