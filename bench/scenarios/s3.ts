import { figureOf, type Bench, type Side } from '../bench.ts';
import type { PeerName } from '../peers.ts';
import type { Figure } from '../results-file.ts';
import { S3Endpoint, s3ServerName } from '../s3-endpoint.ts';
import { fullBackupSide, sourceVariables } from '../sides.ts';
import type { Table } from '../tables.ts';

/** Every row into an empty bucket of an S3 endpoint on this machine. */
export async function s3(bench: Bench): Promise<Figure> {
  const table = await bench.tables.articles(bench.settings.rows);
  const sides = [
    oursSide(bench, table),
    fullBackupSide(bench, table, { key: 'file' }),
    peerSide(bench, table, {
      key: 'aws',
      line: () => 'pg_dump -Fc -t articles | aws s3 cp - s3://bench/dump --endpoint-url $AWS_ENDPOINT_URL_S3',
      needs: ['pg_dump', 'aws'],
    }),
    peerSide(bench, table, {
      key: 'restic',
      line: () => 'pg_dump -Fc -Z0 -t articles | restic backup --stdin --stdin-filename articles.dump',
      before: () => 'restic init',
      needs: ['pg_dump', 'restic'],
    }),
  ];
  return figureOf(bench, 's3', table, sides, `S3 endpoint: ${s3ServerName}`);
}

/** Runs with a server of its own each time, so that none carries the objects of the run before. */
function withEndpoint(
  side: Omit<Side, 'prepare' | 'run' | 'conclude'>,
  run: (endpoint: S3Endpoint) => ReturnType<Side['run']>,
  before: (endpoint: S3Endpoint) => Promise<void> = async () => undefined,
): Side {
  let endpoint: S3Endpoint | undefined;
  return {
    ...side,
    writesTable: true,
    prepare: async () => {
      endpoint = await S3Endpoint.start();
      await before(endpoint);
    },
    run: async () => {
      if (!endpoint) throw new Error('the S3 server was not started');
      try {
        return await run(endpoint);
      } finally {
        await endpoint.stop();
      }
    },
  };
}

function oursSide({ workshop, settings }: Bench, table: Table): Side {
  return withEndpoint(
    { key: 'backup', label: 'storydredge-backup backup --store s3://bench/articles' },
    (endpoint) =>
      workshop.run(
        [
          'backup',
          '--table',
          table.name,
          '--store',
          `s3://${S3Endpoint.bucket}/articles`,
          '--endpoint-url',
          endpoint.url,
          '--max-workers',
          String(settings.workers),
        ],
        { ...sourceVariables(table), ...endpoint.variables },
      ),
  );
}

interface PeerLines {
  readonly key: string;
  readonly line: () => string;
  readonly before?: () => string;
  readonly needs: readonly PeerName[];
}

function peerSide({ workshop }: Bench, { database }: Table, { key, line, before, needs }: PeerLines): Side {
  const shell = async (text: string, endpoint: S3Endpoint) =>
    workshop.shell(text, database, {
      ...endpoint.variables,
      RESTIC_REPOSITORY: `s3:${endpoint.url}/${S3Endpoint.bucket}/restic`,
      RESTIC_PASSWORD: 'bench',
      RESTIC_CACHE_DIR: workshop.path('restic-cache'),
    });
  return withEndpoint(
    { key, label: line(), needs },
    (endpoint) => shell(line(), endpoint),
    async (endpoint) => {
      if (before) await shell(before(), endpoint);
    },
  );
}
