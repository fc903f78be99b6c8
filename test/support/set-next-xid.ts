import { join } from 'node:path';
import type { EmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import { runAs, serverUser } from '../../src/embedded/server-user.ts';
import { serverProgram } from './server-programs.ts';

/**
 * Sets the next 64-bit xid of a server of version 15, with the file of commit states that belongs to it. To be called while
 * it is stopped, and for a cluster of which every row that matters is frozen.
 */
export async function setNextXid(server: EmbeddedPostgres, xid: bigint): Promise<void> {
  const user = await serverUser();
  const data = join(server.folder, 'data');
  const low = BigInt.asUintN(32, xid);
  const segment = (low >> 20n).toString(16).toUpperCase().padStart(4, '0');
  const status = join(data, 'pg_xact', segment);
  await runAs('/bin/dd', ['if=/dev/zero', `of=${status}`, 'bs=256k', 'count=1'], { user, cwd: '/' });
  const next = ['-e', String(xid >> 32n), '-x', String(low), '-u', '3'];
  await runAs(serverProgram('pg_resetwal'), ['-f', ...next, data], { user, cwd: '/' });
}
