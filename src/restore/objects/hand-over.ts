import { BackupError } from '../../core/errors.ts';
import type { Reporter } from '../../core/events.ts';
import type { Privilege } from '../../format/manifest.ts';
import { quoteIdentifier, quoteQualified } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';
import type { RestoreSettings } from '../restore-input.ts';
import type { RestorePlan, TablePlan } from '../restore-plan.ts';
import type { HandOver, HandOverItem } from './hand-over-plan.ts';
import type { ObjectsPlan } from './objects-plan.ts';

/**
 * What is handed over, of that which the restore creates, and to which roles. Reads only.
 *
 * @throws BackupError `E_TARGET_PRIVILEGE` where a role is to become an owner that this one is no member of
 */
export async function planHandOver(
  session: Session,
  plan: Pick<RestorePlan, 'tables' | 'objects'>,
  { owner, grants }: Pick<RestoreSettings, 'owner' | 'grants'>,
): Promise<HandOver> {
  if (!owner && !grants) return { items: [], missingRoles: [] };
  const items = [...itemsOf(plan.objects), ...plan.tables.flatMap(tableItems)].map((item): HandOverItem => {
    const { access, columns } = item;
    const given = grants ? access : { ...access, grants: [], revokes: [] };
    return { ...item, access: given, columns: grants ? columns : [] };
  });
  const owners = owner ? items.flatMap(({ access }) => access.owner ?? []) : [];
  const grantees = items.flatMap(({ access, columns }) =>
    [access, ...columns].flatMap((one) => one.grants.flatMap(({ grantee }) => grantee ?? [])),
  );
  const roles = await readRoles(session);
  const outsider = owners.find((name) => roles.get(name) === false);
  if (outsider !== undefined) throw notMember(session, outsider);
  const missingRoles = [...new Set([...owners, ...grantees])].filter((name) => !roles.has(name)).sort();
  return { items: owner ? items : items.map(withoutOwner), missingRoles };
}

/** The restoring role stays the owner, with all that owners may do by default. */
function withoutOwner(item: HandOverItem): HandOverItem {
  const { owner } = item.access;
  const isOthers = ({ grantee }: Privilege) => grantee === null || grantee !== owner;
  const { grants, revokes } = item.access;
  return {
    ...item,
    access: { owner: null, grants: grants.filter(isOthers), revokes: revokes.filter(isOthers) },
  };
}

function itemsOf({ schemas, collations, types, sequences }: ObjectsPlan): HandOverItem[] {
  const rest = { followsTable: false, columns: [] };
  return [
    ...schemas.map((access) => ({
      kind: 'SCHEMA' as const,
      name: quoteIdentifier(access.name),
      access,
      ...rest,
    })),
    ...collations.map(({ schema, name, owner }) => ({
      kind: 'COLLATION' as const,
      name: quoteQualified(schema, name),
      access: { owner, grants: [], revokes: [] },
      ...rest,
    })),
    ...types.map((access) => ({ kind: 'TYPE' as const, name: nameOf(access), access, ...rest })),
    ...sequences.map((access) => ({ kind: 'SEQUENCE' as const, name: nameOf(access), access, ...rest })),
  ];
}

function tableItems({ source, target, action }: TablePlan): HandOverItem[] {
  if (action === 'fill') return [];
  const columns = target.columns.filter(({ grants }) => grants.length > 0);
  return [
    { kind: 'TABLE', name: nameOf(target), access: source, followsTable: false, columns },
    ...target.ownedSequences.map((access) => ({
      kind: 'SEQUENCE' as const,
      name: nameOf(access),
      access,
      followsTable: true,
      columns: [],
    })),
  ];
}

function nameOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return quoteQualified(schema, name);
}

/** Gives what was created to its owners, and grants on it. The last step: afterwards it may be out of reach. */
export async function handOver(session: Session, plan: RestorePlan, reporter: Reporter): Promise<void> {
  const { items, missingRoles } = plan.handOver;
  for (const role of missingRoles) {
    reporter.log(
      'warn',
      `The target has no role ${role}: it neither owns nor may do what it does in the source`,
    );
  }
  const missing = new Set(missingRoles);
  const isThere = ({ grantee }: Privilege) => grantee === null || !missing.has(grantee);
  for (const item of items) {
    const { kind, name, access, followsTable, columns } = item;
    const { owner } = access;
    if (owner !== null && !missing.has(owner) && !followsTable) {
      const sql = `ALTER ${kind} ${name} OWNER TO ${quoteIdentifier(owner)}`;
      await session.command(sql, `giving ${name} to ${owner}`);
    }
    const doing = `granting on ${name}`;
    for (const { grantee, privilege } of access.revokes.filter(isThere)) {
      await session.command(`REVOKE ${privilege} ON ${kind} ${name} FROM ${roleSql(grantee)}`, doing);
    }
    for (const one of access.grants.filter(isThere)) await grant(session, one, '', item, reporter);
    for (const column of columns) {
      const list = ` (${quoteIdentifier(column.name)})`;
      for (const one of column.grants.filter(isThere)) await grant(session, one, list, item, reporter);
    }
  }
}

async function grant(
  session: Session,
  { grantee, privilege, grantable }: Privilege,
  columns: string,
  { kind, name }: HandOverItem,
  reporter: Reporter,
): Promise<void> {
  if (privilege === 'MAINTAIN' && session.facts.serverVersion < 170_000) {
    reporter.log('warn', `MAINTAIN on ${name} is not granted: the target's version does not know it`);
    return;
  }
  const option = grantable ? ' WITH GRANT OPTION' : '';
  await session.command(
    `GRANT ${privilege}${columns} ON ${kind} ${name} TO ${roleSql(grantee)}${option}`,
    `granting on ${name}`,
  );
}

function roleSql(role: string | null): string {
  return role === null ? 'PUBLIC' : quoteIdentifier(role);
}

/** All roles, and of each whether this role may act as it. */
async function readRoles(session: Session): Promise<Map<string, boolean>> {
  const rows = await session.query<{ name: string; member: string }>(
    `SELECT rolname AS name, pg_catalog.pg_has_role(oid, 'MEMBER') AS member FROM pg_catalog.pg_roles`,
    [],
    'reading the roles of the target',
  );
  return new Map(rows.map(({ name, member }) => [name, member === 't']));
}

function notMember(session: Session, owner: string): BackupError {
  const { user } = session.facts;
  return new BackupError('E_TARGET_PRIVILEGE', `role ${user} may not make ${owner} the owner of anything`, {
    hint: `Run: GRANT ${quoteIdentifier(owner)} TO ${quoteIdentifier(user)}; or restore without --owner.`,
  });
}
