import { Secret } from '../../src/core/secret.ts';
import type { TableDefinition } from '../../src/format/manifest.ts';
import { keySource } from '../../src/backup/open-table.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import { readTableDefinition } from '../../src/postgres/read-table-definition.ts';
import { connect } from '../../src/postgres/connect.ts';
import type { Session } from '../../src/postgres/session.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { cutInterval } from '../../src/ranges/cut.ts';
import { scanRanges, type RangeScan } from '../../src/ranges/fingerprints.ts';
import {
  readXidBase,
  type Bounds,
  type KeyColumn,
  type RangeSource,
  type XidBase,
} from '../../src/ranges/range-source.ts';
import { oneSession } from '../../src/ranges/scan-sessions.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import type { TestDatabase } from '../support/postgres.ts';

/** A table in a snapshot of its own, as a run sees it. */
export interface Seen {
  readonly session: Session;
  readonly definition: TableDefinition;
  readonly source: RangeSource;
  readonly xmin: string;
  readonly xids: XidBase;
  /** Fingerprints of ranges, with the rows changed since `asOf`. */
  scan(ranges: readonly Bounds[], asOf?: string | null): Promise<RangeScan[]>;
  cut(interval: Bounds, size: number, most?: number): Promise<Bounds[]>;
  end(): Promise<void>;
}

export const everything: Bounds = { lo: null, hi: null };

/** Opens a snapshot with the settings of a run, and the table in it; ended after the test, or before by `end`. */
export async function see(
  database: Pick<TestDatabase, 'url'>,
  table: string,
  change: Partial<KeyColumn> = {},
): Promise<Seen> {
  const sessions: Session[] = [];
  cleanUpLater(async () => {
    for (const session of sessions) await session.close();
  });
  const target = await resolveConnection({ databaseUrl: new Secret(database.url) }, {});
  const session = await connect(target, { purpose: 'ranges', access: 'read-only' });
  sessions.push(session);
  const { facts } = await openSnapshot(session);
  const [row] = await session.query<{ oid: string }>('SELECT $1::regclass::oid AS oid', [`public.${table}`]);
  const definition = await readTableDefinition(session, Number(row?.oid));
  const xids = await readXidBase(session);
  const own = keySource(definition, [], xids);
  const source = { ...own, key: own.key.map((column) => ({ ...column, ...change })) };
  return {
    session,
    definition,
    source,
    xids,
    xmin: facts.xmin,
    scan: (ranges, asOf = null) =>
      scanRanges(
        oneSession({ reader: session, xids }),
        source,
        facts.xmin,
        ranges.map(({ lo, hi }) => ({ lo, hi, asOf })),
      ),
    cut: (interval, size, most) => cutInterval(session, source, interval, size, most),
    end: () => session.close(),
  };
}

/** What a query gives in a snapshot, as text. */
export async function valueOf(seen: Seen, sql: string): Promise<string | null> {
  const [row] = await seen.session.query<{ value: string | null }>(sql);
  return row?.value ?? null;
}

/** An interval cut a few ranges at a time. */
export async function cutByAndBy(
  cut: (interval: Bounds, most: number) => Promise<Bounds[]>,
  interval: Bounds,
  most: number,
): Promise<Bounds[]> {
  const ranges: Bounds[] = [];
  for (let rest = interval; ;) {
    const cuts = await cut(rest, most);
    ranges.push(...cuts);
    if (cuts.length < most) return ranges;
    rest = { lo: cuts.at(-1)?.hi ?? null, hi: interval.hi };
  }
}
