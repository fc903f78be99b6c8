import type { Privilege } from '../format/manifest.ts';

/** The letters by which `acldefault` knows kinds of objects: column, relation, sequence, schema, type. */
type AclKind = 'c' | 'r' | 's' | 'n' | 'T';

/** SQL for what an ACL grants beyond the default for objects of its kind, as JSON; null where it is the default. */
export function grantsSql(acl: string, kind: AclKind, owner: string): string {
  return difference(acl, `pg_catalog.acldefault('${kind}', ${owner})`, acl);
}

/** SQL for what the default for objects of its kind grants and the ACL does not. */
export function revokesSql(acl: string, kind: AclKind, owner: string): string {
  return difference(`pg_catalog.acldefault('${kind}', ${owner})`, acl, acl);
}

/** Without the grantors: who restores grants in the name of the owner. Grants to roles that are gone say nothing. */
function difference(more: string, less: string, acl: string): string {
  return `(SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
              'grantee', r.rolname, 'privilege', p.privilege_type, 'grantable', p.is_grantable)
              ORDER BY r.rolname COLLATE "C" NULLS FIRST, p.privilege_type COLLATE "C")
            FROM (SELECT grantee, privilege_type, is_grantable FROM pg_catalog.aclexplode(${more})
                  EXCEPT
                  SELECT grantee, privilege_type, is_grantable FROM pg_catalog.aclexplode(${less})) AS p
            LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = p.grantee
           WHERE ${acl} IS NOT NULL AND (p.grantee = 0 OR r.oid IS NOT NULL))`;
}

export function toPrivileges(json: string | null): Privilege[] {
  return json === null ? [] : (JSON.parse(json) as Privilege[]);
}
