import type { Reporter } from '../../core/events.ts';
import type { DomainType } from '../../format/manifest.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';
import { findVolatileCalls } from '../find-volatile-calls.ts';
import { displayName } from '../restore-plan.ts';
import type { Staging } from '../staging.ts';
import { noteCreated } from './created-objects.ts';
import {
  addDomainConstraintSql,
  createCollationSql,
  createExtensionSql,
  createTypeSql,
  isUnproved,
  nameSql,
} from './object-sql.ts';
import type { ObjectsPlan } from './objects-plan.ts';

/**
 * Creates what tables need before they can be created themselves, under its final name, because definitions name it. One
 * transaction writes all of it down in the staging as well, so that whoever finds the staging of a restore that failed
 * or was killed takes it away again (law 4).
 */
export async function createObjects(session: Session, plan: ObjectsPlan, staging: Staging): Promise<void> {
  const { extensions, collations, types } = plan;
  const homes = new Set([...extensions, ...collations, ...types].map(({ schema }) => schema));
  const creations = [
    ...plan.schemas
      .filter(({ name }) => homes.has(name))
      .map(
        ({ name }) => ['schema', { schema: name, name }, `CREATE SCHEMA ${quoteIdentifier(name)}`] as const,
      ),
    ...extensions.map((one) => ['extension', one, createExtensionSql(one)] as const),
    ...collations.map((one) => ['collation', one, createCollationSql(one)] as const),
    ...types.map((one) => ['type', one, createTypeSql(one)] as const),
  ];
  if (creations.length === 0) return;
  await session.query('BEGIN');
  for (const [kind, object, sql] of creations) {
    const doing = `creating the ${kind} ${kind === 'schema' ? object.name : displayName(object)}`;
    await session.command(sql, doing);
    await noteCreated(session, staging.name, kind, object);
    if ('kind' in object && object.kind === 'domain') await constrain(session, object, 'harmless');
  }
  await session.query('COMMIT', [], 'creating types');
}

/**
 * Gives new domains the constraints that may do more than look at a value, or that never held for all values: nothing
 * runs them for what was restored (law 8).
 */
export async function addUnprovedConstraints(
  session: Session,
  { types }: ObjectsPlan,
  reporter: Reporter,
): Promise<void> {
  for (const type of types) {
    if (type.kind !== 'domain') continue;
    for (const [name, calls] of await constrain(session, type, 'doubtful')) {
      if (calls.length === 0) continue;
      const message = `Check ${name} of ${displayName(type)} calls ${calls.join(', ')}, which may have effects: it was added as NOT VALID, without running it`;
      reporter.log('warn', message);
    }
  }
}

/** Adds the constraints of one sort; gives them with what they call that may have effects. */
async function constrain(
  session: Session,
  domain: DomainType,
  sort: 'harmless' | 'doubtful',
): Promise<[name: string, calls: string[]][]> {
  const added: [string, string[]][] = [];
  for (const constraint of domain.constraints) {
    const { name, definition, comment } = constraint;
    const calls = await findVolatileCalls(session, definition);
    const isDoubtful = calls.length > 0 || isUnproved(definition);
    if (isDoubtful !== (sort === 'doubtful')) continue;
    const doing = `adding constraint ${name} of ${displayName(domain)}`;
    await session.command(addDomainConstraintSql(domain, constraint, isDoubtful), doing);
    if (comment !== null) {
      const target = `CONSTRAINT ${quoteIdentifier(name)} ON DOMAIN ${nameSql(domain)}`;
      await session.command(`COMMENT ON ${target} IS ${quoteLiteral(comment)}`, doing);
    }
    added.push([name, calls]);
  }
  return added;
}
