import type pg from 'pg';
import { BackupError } from '../core/errors.ts';

/**
 * Makes the connection attempt fail unless the server proves, bound to this very TLS channel, that it knows the
 * password (SCRAM-SHA-256-PLUS): what `channel_binding=require` means. To be called before `client.connect()`,
 * so that it hears of a request before node-postgres answers it with a password.
 */
export function requireChannelBinding(client: pg.Client): void {
  const { connection } = client;
  let offered = false;
  const refuse = (): void => {
    const error = new BackupError(
      'E_DB_AUTH',
      'channel binding is required, but the server does not offer it',
      {
        hint: 'It needs TLS and a password stored as scram-sha-256; or leave channel_binding=require out.',
      },
    );
    // A destroyed stream takes no password any more.
    connection.stream.destroy(error);
  };
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    offered = mechanisms.includes('SCRAM-SHA-256-PLUS');
    if (!offered) refuse();
  });
  connection.on('authenticationCleartextPassword', refuse);
  connection.on('authenticationMD5Password', refuse);
  connection.on('authenticationOk', () => {
    if (!offered) refuse();
  });
}
