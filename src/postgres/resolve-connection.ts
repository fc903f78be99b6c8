import { BackupError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import {
  parametersFromEnvironment,
  type ConnectionParameters,
  type Environment,
} from './connection-parameters.ts';
import { channelBindings, type ConnectionTarget, type Endpoint } from './connection-target.ts';
import { oneOf } from './one-of.ts';
import { parseConnectionString } from './parse-connection-string.ts';
import { findPassword, readPasswordFile, type PasswordFile } from './password-file.ts';
import { resolveTls } from './resolve-tls.ts';
import { readService } from './service-file.ts';
import { userFiles } from './user-files.ts';

/** Of this program where libpq has others: host localhost, port 5433, database storymap, user and password postgres. */
const defaults = {
  host: 'localhost',
  port: '5433',
  dbname: 'storymap',
  user: 'postgres',
  password: 'postgres',
};

const defaultConnectTimeoutMs = 15_000;
const defaultSilenceMs = 30_000;

/**
 * Finds out where and how to connect, as libpq does: the connection string, then the service it or `PGSERVICE`
 * names, then the `PG*` variables, then the defaults; a password that none of them has from the password file.
 *
 * @throws BackupError `E_USAGE` for values that make no sense; no message holds a secret.
 */
export async function resolveConnection(
  settings: { readonly databaseUrl?: Secret | undefined },
  env: Environment,
): Promise<ConnectionTarget> {
  const given = settings.databaseUrl ? parseConnectionString(settings.databaseUrl.reveal()) : {};
  const fromEnv = parametersFromEnvironment(env);
  const service = given.service || fromEnv.service;
  const fromService = service ? await readService(service, env) : {};
  const parameters = { ...fromEnv, ...withoutEmpty(fromService), ...withoutEmpty(given) };
  refuseUnsupported(parameters);

  const user = parameters.user ?? defaults.user;
  const database = parameters.dbname ?? defaults.dbname;
  const passwordFile = parameters.password
    ? { entries: [] }
    : await readPasswordFile(parameters.passfile ?? userFiles(env).passwordFile);
  return {
    endpoints: resolveEndpoints(parameters, { user, database, passwordFile }),
    user,
    database,
    applicationName: parameters.application_name ?? 'storydredge-backup',
    // libpq's 0 means no limit; a backup must not hang for ever on a packet that a firewall dropped.
    connectTimeoutMs: seconds('connect_timeout', parameters.connect_timeout) ?? defaultConnectTimeoutMs,
    silenceMs: seconds('keepalives_idle', parameters.keepalives_idle) ?? defaultSilenceMs,
    options: parameters.options,
    channelBinding: oneOf('channel_binding', parameters.channel_binding ?? 'prefer', channelBindings),
    tls: resolveTls(parameters, env),
    warnings: passwordFile.warning === undefined ? [] : [passwordFile.warning],
  };
}

function withoutEmpty(parameters: ConnectionParameters): ConnectionParameters {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== ''));
}

function refuseUnsupported({ target_session_attrs, require_auth }: ConnectionParameters): void {
  // To ignore either would connect to a server, or in a way, that was ruled out.
  if (target_session_attrs !== undefined && target_session_attrs !== 'any') {
    throw new BackupError('E_USAGE', 'target_session_attrs is not supported', {
      hint: 'Name the one host to connect to, and leave target_session_attrs (PGTARGETSESSIONATTRS) out.',
    });
  }
  if (require_auth !== undefined) {
    throw new BackupError('E_USAGE', 'require_auth is not supported', {
      hint: 'Leave require_auth (PGREQUIREAUTH) out; channel_binding=require and sslmode=verify-full are supported.',
    });
  }
}

interface Account {
  readonly user: string;
  readonly database: string;
  readonly passwordFile: PasswordFile;
}

function resolveEndpoints(parameters: ConnectionParameters, account: Account): Endpoint[] {
  const addresses = parameters.hostaddr?.split(',');
  const hosts = parameters.host?.split(',') ?? addresses ?? [defaults.host];
  const ports = (parameters.port ?? defaults.port).split(',');
  if (addresses && addresses.length !== hosts.length) {
    throw new BackupError(
      'E_USAGE',
      `${hosts.length} hosts, but ${addresses.length} addresses (hostaddr) are given`,
    );
  }
  if (ports.length !== 1 && ports.length !== hosts.length) {
    throw new BackupError('E_USAGE', `${hosts.length} hosts, but ${ports.length} ports are given`);
  }
  return hosts.map((name, index) => {
    const address = addresses?.[index] || undefined;
    const host = name || address || defaults.host;
    const port = parsePort((ports.length === 1 ? ports[0] : ports[index]) || defaults.port);
    return { host, address, port, password: passwordFor(host, port, parameters, account) };
  });
}

function passwordFor(
  host: string,
  port: number,
  parameters: ConnectionParameters,
  { user, database, passwordFile }: Account,
): Secret | undefined {
  if (parameters.password) return new Secret(parameters.password);
  const found = findPassword(passwordFile, { host, port, database, user });
  // The default is that of the default user, and would only mislead a server about another one.
  return found ?? (user === defaults.user ? new Secret(defaults.password) : undefined);
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new BackupError('E_USAGE', `the port ${JSON.stringify(text)} is no number from 1 to 65535`);
}

/** Milliseconds; undefined where there is no value, or 0 or less, which stands for the default. */
function seconds(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\s*[+-]?\d{1,6}\s*$/.test(value)) {
    throw new BackupError('E_USAGE', `${name} ${JSON.stringify(value)} is no whole number of seconds`);
  }
  const number = Number(value);
  return number > 0 ? number * 1000 : undefined;
}
