import type { ManifestTable, RangeKind, TableDefinition } from '../format/manifest.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { keyColumns, type ReadableTable } from '../postgres/range-sql.ts';
import { fromItem } from '../postgres/read-table-definition.ts';
import { readTypeForms } from '../postgres/read-type-forms.ts';
import { readStorage, type TableStorage } from '../postgres/read-storage.ts';
import type { Session } from '../postgres/session.ts';
import { blockStrategy } from '../ranges/block-strategy.ts';
import { chooseKind } from '../ranges/choose-kind.ts';
import { readKeyOperators } from '../ranges/key-operators.ts';
import { keyStrategy } from '../ranges/key-strategy.ts';
import type { RangeSource, XidBase } from '../ranges/range-source.ts';
import type { ScanSessions } from '../ranges/scan-sessions.ts';
import type { RangeStrategy } from '../ranges/strategy.ts';
import { hashFunctions } from './hash-functions.ts';
import { progressStructureOf, structureOf } from './structure.ts';

/** A table with the way its ranges are cut, within a run's snapshot. */
export interface OpenTable {
  readonly definition: TableDefinition;
  readonly readable: ReadableTable;
  readonly strategy: RangeStrategy;
  readonly rangeKind: RangeKind;
  readonly rangeReason: string;
  readonly filenodes: readonly string[];
  readonly typeForms: readonly string[];
  /** Fingerprint of all that stored chunks of this table and their ranges must have in common. */
  readonly structure: string;
  /** The same for what an interrupted run shipped. */
  readonly progressStructure: string;
}

/** What the catalogue says of a table. */
export interface TableFacts {
  readonly definition: TableDefinition;
  readonly storage: TableStorage;
  readonly keyOperators: readonly string[];
  readonly typeForms: readonly string[];
}

export async function readTableFacts(session: Session, definition: TableDefinition): Promise<TableFacts> {
  return {
    definition,
    storage: await readStorage(session, definition),
    keyOperators: await readKeyOperators(session, definition.oid),
    typeForms: await readTypeForms(session, definition.oid),
  };
}

/** @param kept the table as the last run left it */
export function openTable(
  { definition, storage, keyOperators, typeForms }: TableFacts,
  kept: ManifestTable | undefined,
  snapshotXmin: string,
  scans: ScanSessions,
): OpenTable {
  const { kind, reason } = chooseKind({
    keyColumns: definition.key.length,
    blocks: storage.blocks,
    correlation: storage.correlation,
    kept: kept?.rangeKind ?? null,
  });
  const relation = fromItem(definition);
  const { reader, xids } = scans.leader;
  const { blocks, estimatedRows, filenodes } = storage;
  const strategy =
    kind === 'key'
      ? keyStrategy(reader, keySource(definition, keyOperators, xids), snapshotXmin, scans)
      : blockStrategy(reader, { relation, xids, blocks, estimatedRows }, snapshotXmin, scans);
  return {
    definition,
    readable: { ...definition, rangeKind: kind, keyOperators },
    strategy,
    rangeKind: kind,
    rangeReason: reason,
    filenodes,
    typeForms,
    structure: structureOf({ ...definition, rangeKind: kind, filenodes }),
    progressStructure: progressStructureOf({ ...definition, rangeKind: kind, filenodes, typeForms }),
  };
}

/** The table as the queries of key ranges need it. */
export function keySource(
  table: TableDefinition,
  keyOperators: readonly string[],
  xids: XidBase,
): RangeSource {
  const key = keyColumns(table).map(({ name, type, collation }, part) => ({
    column: quoteIdentifier(name),
    type,
    collation,
    hash: hashFunctions[type] ?? null,
    operators: keyOperators[part] ?? 'pg_catalog',
  }));
  return { relation: fromItem(table), key, xids };
}
