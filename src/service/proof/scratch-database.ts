import { randomBytes } from 'node:crypto';
import { BackupError, messageOf } from '../../core/errors.ts';
import type { Reporter } from '../../core/events.ts';
import { Secret } from '../../core/secret.ts';
import { startEmbeddedPostgres } from '../../embedded/start-embedded-postgres.ts';
import { connect } from '../../postgres/connect.ts';
import type { ConnectionTarget } from '../../postgres/connection-target.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';
import { withDatabase } from '../../postgres/with-database.ts';

/** An empty database that nobody else uses. */
export interface ScratchDatabase {
  readonly url: Secret;
  readonly target: ConnectionTarget;
  /** Removes it with all that is in it. */
  remove(): Promise<void>;
}

export interface ScratchInput {
  /** A server that lets us create databases; undefined: one of our own. */
  readonly scratchUrl: Secret | undefined;
  /** Of the database that is to be made, as PostgreSQL names it. */
  readonly encoding: string;
  /** Of the source: the server of our own has this version where it can be had. */
  readonly serverVersion: number;
  /** Resolves a URL, and makes its passwords unprintable. */
  readonly resolve: (url: Secret) => Promise<ConnectionTarget>;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** Databases that a killed proof left behind have such names, with the time, UTC. */
const namePattern = /^storydredge_proof_(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)_[0-9a-f]{8}$/;

/** A proof takes less than this, in milliseconds. */
const mostAge = 7 * 24 * 3600 * 1000;

/**
 * Makes an empty database on the server that is named, or on one that is started for it.
 * @throws BackupError E_EMBEDDED_POSTGRES, E_DB_…
 */
export async function makeScratchDatabase(input: ScratchInput): Promise<ScratchDatabase> {
  if (input.scratchUrl) return createOn(input.scratchUrl, input, async () => {});
  const server = await startServer(input);
  try {
    return await createOn(new Secret(server.url()), input, () => server.stop());
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startServer({ serverVersion, reporter, signal }: ScratchInput) {
  const majors = [14, 15, 16, 17, 18] as const;
  const major = majors.find((one) => one === Math.floor(serverVersion / 10_000));
  try {
    return await startEmbeddedPostgres({ ...(major ? { major } : {}), signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BackupError)) throw error;
    if (major) reporter.log('debug', `No server of version ${major} here: ${messageOf(error)}`);
    return startAny(error, signal);
  }
}

async function startAny(first: BackupError, signal: AbortSignal) {
  try {
    return await startEmbeddedPostgres({ signal });
  } catch {
    signal.throwIfAborted();
    throw new BackupError(first.code, first.message, {
      cause: first,
      hint: `Pass --scratch-url with a server on which databases may be created. ${first.hint}`,
    });
  }
}

async function createOn(
  server: Secret,
  input: ScratchInput,
  stop: () => Promise<void>,
): Promise<ScratchDatabase> {
  const { encoding, resolve, reporter } = input;
  const name = `storydredge_proof_${stamp()}_${randomBytes(4).toString('hex')}`;
  const url = withDatabase(server, name);
  const target = await resolve(url);
  await onServer(server, input, async (session) => {
    await dropLeftovers(session, reporter);
    // Of all locales C alone is everywhere, and fits every encoding.
    await session.query(
      `CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE template0 ENCODING ${quoteLiteral(encoding)} LC_COLLATE 'C' LC_CTYPE 'C'`,
      [],
      'creating a database for the proof',
    );
  });
  return {
    url,
    target,
    async remove() {
      try {
        // Whatever ended the work, the database goes.
        const own = { ...input, signal: AbortSignal.timeout(30_000) };
        await onServer(server, own, (session) => drop(session, name));
      } catch (error) {
        reporter.log('warn', `Database ${name} could not be dropped: ${messageOf(error)}`);
      } finally {
        await stop();
      }
    },
  };
}

async function onServer(
  server: Secret,
  { resolve, signal }: Pick<ScratchInput, 'resolve' | 'signal'>,
  work: (session: Session) => Promise<unknown>,
): Promise<void> {
  const session = await connect(await resolve(server), { purpose: 'proof', access: 'read-write', signal });
  try {
    await work(session);
  } finally {
    await session.close();
  }
}

async function drop(session: Session, name: string): Promise<void> {
  const sql = `DROP DATABASE IF EXISTS ${quoteIdentifier(name)} WITH (FORCE)`;
  await session.query(sql, [], 'dropping the database of a proof');
}

/** What proofs that were killed left behind, days ago. */
async function dropLeftovers(session: Session, reporter: Reporter): Promise<void> {
  const rows = await session.query<{ datname: string }>(
    "SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE 'storydredge%'",
    [],
    'looking for what earlier proofs left behind',
  );
  for (const { datname } of rows) {
    const iso = namePattern.exec(datname)?.slice(1, 7);
    if (!iso) continue;
    const [year, month, day, hour, minute, second] = iso;
    const madeAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    if (!(Date.now() - madeAt > mostAge)) continue;
    reporter.log('info', `Dropping ${datname}, which a proof that was killed has left behind`);
    await drop(session, datname);
  }
}

function stamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').toLowerCase();
}
