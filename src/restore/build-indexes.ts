import pMap from 'p-map';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { relationSql } from '../postgres/target-relations.ts';
import { findVolatileCalls } from './find-volatile-calls.ts';
import type { RestoreInput } from './restore-input.ts';
import { displayName, isSameName, tablesAbove, type TablePlan } from './restore-plan.ts';
import { staged, type Staging } from './staging.ts';
import { openTarget } from './target.ts';

type Build = (session: Session) => Promise<void>;

/**
 * Gives the loaded staging tables their keys, checks and indexes, which is quicker than to keep them up to date during
 * the load; then the planner's statistics. Tables in parallel, and the indexes of one table as well. Tables that others
 * are partitions or heirs of come after those, from below: they take over the indexes that their partitions have.
 */
export async function buildIndexes(
  input: RestoreInput,
  tables: readonly TablePlan[],
  staging: Staging,
  signal: AbortSignal,
): Promise<void> {
  const built = tables.filter(({ action }) => action !== 'fill');
  const above = new Set(built.flatMap((table) => tablesAbove(table, built)));
  const [parents, others] = [
    built.filter((one) => above.has(one)).reverse(),
    built.filter((one) => !above.has(one)),
  ];
  const constraints = (some: readonly TablePlan[]) =>
    some.map(
      (table): Build =>
        (session) =>
          addConstraints(session, table, staging, input),
    );
  const indexes = (some: readonly TablePlan[]) => some.flatMap((table) => createIndexes(table, staging));
  const most = input.settings.maxWorkers;
  await inParallel(constraints(others), input.target, most, signal);
  await inParallel(indexes(others), input.target, most, signal);
  await inParallel([...constraints(parents), ...indexes(parents)], input.target, 1, signal);
  await inParallel(analyses(built, staging), input.target, most, signal);
}

/** A partitioned table is analysed with its partitions, which waits for nobody else's work on them. */
function analyses(built: readonly TablePlan[], staging: Staging): Build[] {
  return built
    .filter(
      ({ target: { partitionOf } }) =>
        !built.some(({ target }) => partitionOf && isSameName(target, partitionOf)),
    )
    .map(({ target }): Build => async (session) => {
      await session.query(`ANALYZE ${relationSql(staged(staging, target))}`, [], 'analyzing a table');
    });
}

async function addConstraints(
  session: Session,
  { target }: TablePlan,
  staging: Staging,
  { reporter }: RestoreInput,
): Promise<void> {
  const table = relationSql(staged(staging, target));
  for (const { name, kind, definition } of target.constraints) {
    const calls = kind === 'check' ? await findVolatileCalls(session, definition) : [];
    const isDoubtful = calls.length > 0 && !/\bNOT VALID$/.test(definition);
    if (isDoubtful) {
      const message = `Check ${name} of ${displayName(target)} calls ${calls.join(', ')}, which may have effects: it was added as NOT VALID, without running it`;
      reporter.log('warn', message);
    }
    const rest = isDoubtful ? ' NOT VALID' : '';
    const doing = `adding constraint ${name} of ${displayName(target)}`;
    await session.command(
      `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}${rest}`,
      doing,
    );
  }
}

function createIndexes({ target }: TablePlan, staging: Staging): Build[] {
  const table = relationSql(staged(staging, target));
  return target.indexes.map(
    ({ name, unique, definition }): Build =>
      (session) =>
        session.command(
          `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quoteIdentifier(name)} ON ${table} ${definition}`,
          `creating index ${name} of ${displayName(target)}`,
        ),
  );
}

async function inParallel(
  builds: readonly Build[],
  target: ConnectionTarget,
  most: number,
  signal: AbortSignal,
): Promise<void> {
  const sessions: Session[] = [];
  const idle: Session[] = [];
  try {
    await pMap(
      builds,
      async (build) => {
        const session = idle.pop() ?? (await openTarget(target, 'builder', signal));
        if (!sessions.includes(session)) sessions.push(session);
        await build(session);
        idle.push(session);
      },
      { concurrency: most, stopOnError: true, signal },
    );
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}
