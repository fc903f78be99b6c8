import type { Secret } from '../core/secret.ts';

/** Where and how to connect: every setting resolved, nothing read from the environment later. Secrets do not print. */
export interface ConnectionTarget {
  /** Tried in this order until one accepts the connection; at least one. */
  readonly endpoints: readonly Endpoint[];
  readonly user: string;
  readonly database: string;
  /** What `application_name` starts with. */
  readonly applicationName: string;
  /** For each try, until the server is ready for queries. */
  readonly connectTimeoutMs: number;
  /** After so many milliseconds without a byte, the server is asked whether it still works for the session. */
  readonly silenceMs: number;
  /** Command-line options for the server process (`-c geqo=off`). */
  readonly options: string | undefined;
  readonly channelBinding: ChannelBinding;
  readonly tls: TlsSettings;
  /** What a person should know of how the settings were found. */
  readonly warnings: readonly string[];
}

export interface Endpoint {
  /** Host name, IP address, or the folder of a Unix socket, which starts with `/`. */
  readonly host: string;
  /** Address to connect to, where `host` is only the name to verify. */
  readonly address: string | undefined;
  readonly port: number;
  readonly password: Secret | undefined;
}

export const tlsModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof tlsModes)[number];

export const channelBindings = ['disable', 'prefer', 'require'] as const;
export type ChannelBinding = (typeof channelBindings)[number];

export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/** TLS as libpq means it. Paths are read when a connection is made. */
export interface TlsSettings {
  readonly mode: TlsMode;
  /** `direct`: without asking first (PostgreSQL 17 and newer). */
  readonly negotiation: 'postgres' | 'direct';
  /** `system` or a path. A file that is there is used in every mode; verify-ca and verify-full need it. */
  readonly rootCertificates: string;
  readonly certificate: OptionalFile;
  readonly key: OptionalFile;
  readonly keyPassword: Secret | undefined;
  readonly revocationList: OptionalFile;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion | undefined;
}

export interface OptionalFile {
  readonly path: string;
  /** Whether it was asked for, and so must be there. */
  readonly required: boolean;
}

export function isUnixSocket(endpoint: Endpoint): boolean {
  return endpoint.host.startsWith('/');
}

/** For people: `localhost:5433`, or the path of the Unix socket. */
export function describeEndpoint({ host, port }: Endpoint): string {
  if (host.startsWith('/')) return `${host}/.s.PGSQL.${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The `psql` command that connects there; never with a password (law 10). */
export function psqlLine(target: ConnectionTarget, endpoint: Endpoint): string {
  const { user, database } = target;
  return `psql -h ${shellWord(endpoint.host)} -p ${endpoint.port} -U ${shellWord(user)} -d ${shellWord(database)}`;
}

function shellWord(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
