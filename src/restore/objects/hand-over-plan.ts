import type { Access, RelationAccess } from '../../format/manifest.ts';

/** Owners and grants that a restore gives to what it creates. */
export interface HandOver {
  readonly items: readonly HandOverItem[];
  /** Roles of the source that the target lacks: nothing is given to them. */
  readonly missingRoles: readonly string[];
}

export interface HandOverItem {
  /** As it stands in GRANT: `TABLE`, `SEQUENCE`, `SCHEMA`, `TYPE`. */
  readonly kind: 'SCHEMA' | 'COLLATION' | 'TYPE' | 'SEQUENCE' | 'TABLE';
  /** Quoted. */
  readonly name: string;
  readonly access: Pick<Access | RelationAccess, 'owner' | 'grants' | 'revokes'>;
  /** Owned sequences follow their table's owner by themselves. */
  readonly followsTable: boolean;
  readonly columns: readonly Pick<ColumnGrants, 'name' | 'grants'>[];
}

interface ColumnGrants {
  readonly name: string;
  readonly grants: Access['grants'];
}
