import type { Manifest, ManifestTable, TableDefinition } from '../format/manifest.ts';
import { checkReadable } from '../postgres/check-readable.ts';
import { chooseTables } from '../postgres/choose-tables.ts';
import { connect } from '../postgres/connect.ts';
import { digestCopy } from '../postgres/digest-copy.ts';
import { listRelations, type Relation } from '../postgres/list-relations.ts';
import { readSource } from '../postgres/read-source.ts';
import { readTableDefinition } from '../postgres/read-table-definition.ts';
import type { Session } from '../postgres/session.ts';
import { openSnapshot } from '../postgres/snapshot.ts';
import { nameOf } from './chunk-use.ts';
import { compareTable, type CompareParts } from './compare-table.ts';
import type { Finding } from './finding.ts';
import { compareFurtherPartitions } from './further-partitions.ts';
import { matchTable } from './match-table.ts';
import { readingRows } from './verify-job.ts';
import type { Verifiers } from './verifiers.ts';
import type { VerifyInput } from './verify-input.ts';
import type { VerifyProgress } from './verify-progress.ts';

export interface Comparison {
  readonly findings: readonly Finding[];
  readonly rangesCompared: number;
}

/** Compares tables of a database, all in one snapshot, with those of the restore point. */
export async function compareDatabase(
  manifest: Manifest,
  manifestObject: string,
  input: VerifyInput & { readonly against: NonNullable<VerifyInput['against']> },
  verifiers: Verifiers,
  progress: VerifyProgress,
): Promise<Comparison> {
  const { signal, maxWorkers } = input;
  const tables = chooseTables(manifest, input.tables);
  const session = await connect(input.against.target, { purpose: 'verify', signal });
  try {
    const { id, adoptable } = await openSnapshot(session);
    const relations = await listRelations(session);
    const { collation } = await readSource(session);
    progress.start(
      'comparing',
      tables,
      tables.reduce((sum, { rows }) => sum + rows, 0),
    );
    const parts: CompareParts = {
      object: manifestObject,
      sameCollation: collation === manifest.source.collation,
      // A snapshot that others must not adopt is read by the session that holds it, one range after the other.
      maxWorkers: adoptable ? maxWorkers : 1,
      digest: (sql) =>
        adoptable
          ? verifiers.run({ kind: 'copy', snapshotId: id, sql })
          : digestCopy(session, sql, readingRows),
      progress,
      signal,
    };
    const findings: Finding[] = [];
    for (const table of tables) findings.push(...(await compareOne(session, relations, table, parts)));
    findings.push(...(await compareFurtherPartitions(session, relations, manifest, tables, parts)));
    return { findings, rangesCompared: tables.reduce((sum, { ranges }) => sum + ranges.length, 0) };
  } finally {
    await session.close();
  }
}

async function compareOne(
  session: Session,
  relations: readonly Relation[],
  table: ManifestTable,
  parts: CompareParts,
): Promise<Finding[]> {
  const name = nameOf(table);
  const found = await findDefinition(session, relations, table);
  if (!found) {
    const detail = `the database has no table ${name}; the restore point has ${table.rows} rows of it`;
    return [{ code: 'TABLE_MISSING', object: parts.object, detail, table: name, rowsExpected: table.rows }];
  }
  await checkReadable(session, found);
  const match = matchTable(table, found);
  const differences: Finding[] = match.differences.map((difference) => ({
    code: 'TABLE_DIFFERENT',
    object: parts.object,
    detail: `${name}: ${difference}`,
    table: name,
  }));
  if (!match.readable) return differences;
  return [...differences, ...(await compareTable(table, match.readable, match.sameKey, parts))];
}

async function findDefinition(
  session: Session,
  relations: readonly Relation[],
  { schema, name }: ManifestTable,
): Promise<TableDefinition | undefined> {
  const relation = relations.find((one) => one.schema === schema && one.name === name);
  const isTable = relation?.kind === 'table' || relation?.kind === 'partitioned table';
  return relation && isTable ? readTableDefinition(session, relation.oid) : undefined;
}
