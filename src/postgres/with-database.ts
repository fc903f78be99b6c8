import { Secret } from '../core/secret.ts';

/**
 * The connection string with another database, in either of its forms, whatever it names so far: of a keyword that comes
 * more than once the last value holds, also over the path of a URL.
 */
export function withDatabase(connectionString: Secret, database: string): Secret {
  const text = connectionString.reveal().trim();
  if (!/^postgres(ql)?:\/\//.test(text)) {
    return new Secret(`${text} dbname='${database.replace(/[\\']/g, String.raw`\$&`)}'`);
  }
  return new Secret(`${text}${text.includes('?') ? '&' : '?'}dbname=${encodeURIComponent(database)}`);
}
