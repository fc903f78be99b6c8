import { appendFile, chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError, messageOf } from '../core/errors.ts';
import type { PostgresBinaries } from './prepare-binaries.ts';
import { runAs, type ServerUser } from './server-user.ts';
import type { ServerCertificate, ServerPlan } from './watchdog-protocol.ts';

/**
 * Fit for a server whose data nobody keeps: quick, reachable from this machine only, and through TCP only.
 * Commits stay synchronous, so that they survive a crash of the server, if not of the machine.
 */
const throwAwaySettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'replica',
  max_wal_size: '2GB',
  max_connections: '100',
  max_prepared_transactions: '10',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
};

export interface Cluster {
  readonly binaries: PostgresBinaries;
  readonly folder: string;
  readonly user: ServerUser | undefined;
  /** Password of the role `postgres`. */
  readonly password: string;
}

/** Creates the data folder `data` of a new cluster, with its settings, passwords and certificates. */
export async function initCluster(
  cluster: Cluster,
  plan: Pick<ServerPlan, 'settings' | 'ssl' | 'hba'>,
): Promise<void> {
  const { folder } = cluster;
  await runInitdb(cluster);
  const ssl = plan.ssl ? await writeCertificate(cluster, plan.ssl) : {};
  const settings = { ...throwAwaySettings, ...ssl, ...plan.settings };
  await appendFile(join(folder, 'data', 'postgresql.conf'), settingLines(settings));
  if (plan.hba) {
    const hba = join(folder, 'data', 'pg_hba.conf');
    await writeFile(hba, `${plan.hba.join('\n')}\n${await readFile(hba, 'utf8')}`);
  }
}

async function runInitdb(cluster: Cluster): Promise<void> {
  const { binaries, folder, user, password } = cluster;
  // A file, since arguments show in the process list (law 10).
  const passwordFile = await writePrivate(cluster, 'password', password);
  const args = ['-D', 'data', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  try {
    const initdb = join(binaries.bin, 'initdb');
    await runAs(initdb, [...args, '--auth=scram-sha-256', '--pwfile=password'], { user, cwd: folder });
  } catch (error) {
    throw new BackupError('E_EMBEDDED_POSTGRES', `initdb failed: ${messageOf(error).trim()}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function writeCertificate(cluster: Cluster, ssl: ServerCertificate): Promise<Record<string, string>> {
  const settings: Record<string, string> = {
    ssl: 'on',
    ssl_cert_file: await writePrivate(cluster, 'server.crt', ssl.certificate),
    ssl_key_file: await writePrivate(cluster, 'server.key', ssl.key),
  };
  if (ssl.authorities !== undefined) {
    settings['ssl_ca_file'] = await writePrivate(cluster, 'authorities.crt', ssl.authorities);
  }
  return settings;
}

async function writePrivate({ folder, user }: Cluster, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  if (user) await chown(path, user.uid, user.gid);
  return path;
}

function settingLines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'\n`)
    .join('');
}
