import { inject } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { ConnectionTarget } from '../../src/postgres/connection-target.ts';
import { connect, type ConnectOptions } from '../../src/postgres/connect.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import type { Session } from '../../src/postgres/session.ts';
import { cleanUpLater } from '../support/clean-up.ts';

/** Resolved as by a user who has set nothing else. */
export async function targetOf(url: string = inject('postgresUrl')): Promise<ConnectionTarget> {
  return resolveConnection({ databaseUrl: new Secret(url) }, { HOME: '/nonexistent' });
}

/** A session that is closed after the test or file. */
export async function openSession(
  place: string | ConnectionTarget = inject('postgresUrl'),
  options: Partial<ConnectOptions> = {},
): Promise<Session> {
  const opened: Session[] = [];
  cleanUpLater(async () => {
    await Promise.all(opened.map((session) => session.close()));
  });
  const target = typeof place === 'string' ? await targetOf(place) : place;
  const session = await connect(target, { purpose: 'test', ...options });
  opened.push(session);
  return session;
}

/** The only value of the only row. */
export async function valueOf(
  session: Session,
  sql: string,
  values: readonly unknown[] = [],
): Promise<string | null> {
  const [row] = await session.query(sql, values);
  return Object.values(row ?? {})[0] ?? null;
}
