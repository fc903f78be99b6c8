import type { Manifest, TableDefinition } from '../../format/manifest.ts';
import { connect } from '../../postgres/connect.ts';
import type { ConnectionTarget } from '../../postgres/connection-target.ts';
import { listRelations } from '../../postgres/list-relations.ts';
import { readTableDefinition } from '../../postgres/read-table-definition.ts';
import type { Finding } from '../../verify/finding.ts';

type Definition = Pick<TableDefinition, 'schema' | 'name' | 'constraints' | 'indexes'>;

export interface ObjectsCheck {
  readonly findings: readonly Finding[];
  readonly constraints: number;
  readonly indexes: number;
  /** Of the server that was restored into. */
  readonly serverVersion: number;
}

/**
 * Whether the restored tables have the constraints and indexes that they had in the source, all of them valid. Their text is
 * compared where both servers are of one major version: another may print it in another way.
 */
export async function checkObjects(
  target: ConnectionTarget,
  manifest: Manifest,
  manifestObject: string,
  signal: AbortSignal,
): Promise<ObjectsCheck> {
  const session = await connect(target, { purpose: 'proof', signal });
  try {
    const relations = await listRelations(session);
    const tables: readonly Definition[] = [...manifest.tables, ...manifest.partitionedTables];
    const sameMajor = major(session.facts.serverVersion) === major(manifest.source.serverVersion);
    const findings: Finding[] = [];
    for (const table of tables) {
      const relation = relations.find(({ schema, name }) => schema === table.schema && name === table.name);
      const found = relation && (await readTableDefinition(session, relation.oid));
      const name = `${table.schema}.${table.name}`;
      for (const detail of differences(table, found, sameMajor)) {
        findings.push({
          code: 'OBJECT_DIFFERENT',
          object: manifestObject,
          detail: `${name}: ${detail}`,
          table: name,
        });
      }
    }
    const count = (of: (table: Definition) => readonly unknown[]) =>
      tables.reduce((sum, table) => sum + of(table).length, 0);
    return {
      findings,
      constraints: count(({ constraints }) => constraints),
      indexes: count(({ indexes }) => indexes),
      serverVersion: session.facts.serverVersion,
    };
  } finally {
    await session.close();
  }
}

function major(serverVersion: number): number {
  return Math.floor(serverVersion / 10_000);
}

function differences(kept: Definition, found: Definition | undefined, sameMajor: boolean): string[] {
  if (!found) return ['the table was not restored'];
  return [
    ...differing('constraint', kept.constraints, found.constraints, sameMajor),
    ...differing('index', kept.indexes, found.indexes, sameMajor),
  ];
}

interface Named {
  readonly name: string;
  readonly definition: string;
}

function differing(
  noun: string,
  kept: readonly Named[],
  found: readonly Named[],
  sameMajor: boolean,
): string[] {
  const byName = new Map(found.map((object) => [object.name, object]));
  return kept.flatMap(({ name, definition }) => {
    const same = byName.get(name);
    if (!same) return [`it lacks the ${noun} ${JSON.stringify(name)}, or has it as an invalid one`];
    if (!sameMajor || same.definition === definition) return [];
    return [`its ${noun} ${JSON.stringify(name)} is ${same.definition} rather than ${definition}`];
  });
}
