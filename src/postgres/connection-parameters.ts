/** Connection parameters by libpq's keywords: `host`, `dbname`, `sslmode`, … Values may be secret: never printed. */
export type ConnectionParameters = Readonly<Partial<Record<ConnectionKeyword, string>>>;

export type ConnectionKeyword = keyof typeof environmentNames;

export type Environment = Readonly<Record<string, string | undefined>>;

/** libpq's keywords that are understood here, and the environment variable of each; null where there is none. */
export const environmentNames = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  service: 'PGSERVICE',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  keepalives_idle: null,
  options: 'PGOPTIONS',
  channel_binding: 'PGCHANNELBINDING',
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: null,
  sslcrl: 'PGSSLCRL',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  require_auth: 'PGREQUIREAUTH',
} as const;

/** Keywords that change nothing here: fixed by this program, or for authentication methods it does not have. */
export const ignoredKeywords: ReadonlySet<string> = new Set([
  'client_encoding',
  'fallback_application_name',
  'gssencmode',
  'gsslib',
  'keepalives',
  'keepalives_count',
  'keepalives_interval',
  'krbsrvname',
  'load_balance_hosts',
  'sslcompression',
  'sslsni',
  'tcp_user_timeout',
]);

export function isConnectionKeyword(keyword: string): keyword is ConnectionKeyword {
  return Object.hasOwn(environmentNames, keyword);
}

/** What the environment sets; an empty variable counts as not set, as for libpq. */
export function parametersFromEnvironment(env: Environment): ConnectionParameters {
  const parameters: Partial<Record<ConnectionKeyword, string>> = {};
  for (const [keyword, variable] of Object.entries(environmentNames)) {
    const value = variable === null ? undefined : env[variable];
    if (value && isConnectionKeyword(keyword)) parameters[keyword] = value;
  }
  return parameters;
}
