import type { Session } from '../../postgres/session.ts';

/** How the target orders a type. */
export interface KeyType {
  /** Without modifiers, through domains: a constant must not be cut to a length before it is compared. */
  readonly type: string;
  /** Quoted schema of the comparison operators. */
  readonly operators: string;
  /** Whether it is a base type that is no array: only the order of these is sure to be that of the source. */
  readonly isScalar: boolean;
  readonly isCollatable: boolean;
}

interface TypeRow {
  n: string;
  type: string;
  operators: string;
  scalar: string;
  collatable: string;
}

/** The types of these names in the target; undefined where it lacks one. */
export async function readKeyTypes(
  session: Session,
  names: readonly string[],
): Promise<KeyType[] | undefined> {
  const rows = await session.query<TypeRow>(
    `WITH RECURSIVE base(n, oid) AS (
       SELECT r.n, pg_catalog.to_regtype(r.name)::oid FROM unnest($1::text[]) WITH ORDINALITY AS r(name, n)
       UNION ALL
       SELECT b.n, t.typbasetype FROM base AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.oid WHERE t.typtype = 'd')
     SELECT b.n, pg_catalog.format_type(t.oid, -1) AS type, t.typtype = 'b' AND t.typcategory <> 'A' AS scalar,
            t.typcollation <> 0 AS collatable,
            COALESCE((SELECT pg_catalog.quote_ident(n.nspname)
                        FROM pg_catalog.pg_opclass AS c
                        JOIN pg_catalog.pg_am AS m ON m.oid = c.opcmethod AND m.amname = 'btree'
                        JOIN pg_catalog.pg_amop AS a ON a.amopfamily = c.opcfamily AND a.amopstrategy = 3
                             AND a.amoplefttype = c.opcintype AND a.amoprighttype = c.opcintype
                        JOIN pg_catalog.pg_operator AS o ON o.oid = a.amopopr
                        JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
                       WHERE c.opcdefault AND c.opcintype = t.oid LIMIT 1), 'pg_catalog') AS operators
       FROM base AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.oid WHERE t.typtype <> 'd' ORDER BY b.n`,
    [names],
    'reading the types of the key',
  );
  if (rows.length < names.length) return undefined;
  return rows.map(({ type, operators, scalar, collatable }) => ({
    type,
    operators,
    isScalar: scalar === 't',
    isCollatable: collatable === 't',
  }));
}
