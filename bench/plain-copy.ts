import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { DemoDatabase } from '../src/demo/demo-database.ts';

/** The yardstick: what PostgreSQL itself takes to hand the table over, and to take it in. */
export interface PlainCopy {
  readonly toNowhere: PlainCopyWay;
  /** Into an empty table with its primary key. */
  readonly intoTable: PlainCopyWay;
}

interface PlainCopyWay {
  readonly label: string;
  run(source: DemoDatabase, target: DemoDatabase, signal: AbortSignal): Promise<void>;
}

const copyOut = 'COPY articles TO STDOUT';
const copyIn = 'COPY articles FROM STDIN';

/** With psql, a process of its own. */
export const copyByPsql: PlainCopy = {
  toNowhere: {
    label: `psql -c "${copyOut}" > /dev/null`,
    run: async (source, _target, signal) => {
      await succeed(psql(source, copyOut, ['ignore', 'ignore'], signal));
    },
  },
  intoTable: {
    label: `psql -c "${copyOut}" | psql -c "${copyIn}"`,
    run: async (source, target, signal) => {
      const reader = psql(source, copyOut, ['ignore', 'pipe'], signal);
      const writer = psql(target, copyIn, [reader.stdout ?? 'ignore', 'ignore'], signal);
      // The writer holds this end of the pipe now; held here as well, it would never be seen to close.
      reader.stdout?.destroy();
      await Promise.all([succeed(reader), succeed(writer)]);
    },
  },
};

/** Through the driver that the program itself uses, in this process. */
export const copyByDriver: PlainCopy = {
  toNowhere: {
    label: `${copyOut}, read with pg-copy-streams`,
    run: async (source, _target, signal) => {
      await readCopy(source, copyOut, signal);
    },
  },
  intoTable: {
    label: `${copyOut} into ${copyIn} with pg-copy-streams`,
    run: async (source, target, signal) => {
      const [reader, writer] = [await source.connect(), await target.connect()];
      await pipeline(reader.query(copyTo(copyOut)), writer.query(copyFrom(copyIn)), { signal });
      await Promise.all([reader.end(), writer.end()]);
    },
  },
};

/** Bytes that a COPY … TO STDOUT sends. */
export async function readCopy(database: DemoDatabase, sql: string, signal: AbortSignal): Promise<number> {
  const client = await database.connect();
  let bytes = 0;
  const count = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      done();
    },
  });
  await pipeline(client.query(copyTo(sql)), count, { signal });
  await client.end();
  return bytes;
}

type Stdio = 'ignore' | 'pipe' | NodeJS.ReadableStream;

function psql(
  database: DemoDatabase,
  command: string,
  [input, output]: readonly [Stdio, 'ignore' | 'pipe'],
  signal: AbortSignal,
): ChildProcess {
  return spawn('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', command], {
    env: { PATH: process.env['PATH'], ...variablesOf(database.url) },
    stdio: [input as 'pipe', output, 'inherit'],
    signal,
  });
}

async function succeed(child: ChildProcess): Promise<void> {
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`psql ended with ${status}`);
}

/** The password goes through the environment: arguments show in the process list. */
function variablesOf(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  };
}
