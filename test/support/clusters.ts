import { appendFile, chown, cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runAs, serverUser } from '../../src/embedded/server-user.ts';
import type { EmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';

/** A copy of the data of a stopped server. */
export async function coldCopy(server: EmbeddedPostgres, to: string): Promise<string> {
  await cp(join(server.folder, 'data'), to, { recursive: true });
  return to;
}

/**
 * Puts a cold copy in the place of a stopped server's data: of that server, to restore it, or of another one of the same
 * version. The passwords are then those of the copy.
 */
export async function putBack(copy: string, server: EmbeddedPostgres): Promise<void> {
  const data = join(server.folder, 'data');
  await rm(data, { recursive: true });
  await cp(copy, data, { recursive: true });
  const user = await serverUser();
  const asCaller = { user: undefined, cwd: '/' };
  if (user) await runAs('/bin/chown', ['-R', `${user.uid}:${user.gid}`, data], asCaller);
  await runAs('/bin/chmod', ['-R', 'go=', data], asCaller);
}

/** Makes a stopped server, which has a copy of the primary's data, a hot standby of it. */
export async function makeStandby(
  standby: EmbeddedPostgres,
  primary: EmbeddedPostgres,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const data = join(standby.folder, 'data');
  const { port, password } = primary;
  const primary_conninfo = `host=127.0.0.1 port=${port} user=postgres password=${password}`;
  const all = Object.entries({ primary_conninfo, ...settings });
  await appendFile(
    join(data, 'postgresql.conf'),
    all.map(([name, value]) => `${name} = '${value}'\n`).join(''),
  );
  const signal = join(data, 'standby.signal');
  await writeFile(signal, '');
  const user = await serverUser();
  if (user) await chown(signal, user.uid, user.gid);
}

/** The URL of a server that has a copy of another one's data, and so its passwords. */
export function urlWithPasswordOf(origin: EmbeddedPostgres, server: EmbeddedPostgres): string {
  const url = new URL(server.url());
  url.password = origin.password;
  return url.href;
}
