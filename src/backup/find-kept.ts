import type { Manifest, ManifestTable, RelationName, TableDefinition } from '../format/manifest.ts';

/**
 * Finds tables in the parent manifest, to build on, and gives them by OID. Within one history a table is told by its OID,
 * so that one that was renamed, moved to another schema or attached as a partition ships nothing; one whose OID is new
 * (created anew, or another one that was renamed into its place) has the entry of its name, which no other table has by its
 * OID: `sameRelations` then says that its xids mean nothing. In another history OIDs mean nothing either.
 */
export function keptTables(
  manifest: Manifest | null,
  tables: readonly TableDefinition[],
  sameHistory: boolean,
): Map<number, ManifestTable> {
  const entries = manifest?.tables ?? [];
  const byOid = new Map(sameHistory ? entries.map((entry) => [entry.oid, entry]) : []);
  const byName = new Map(entries.map((entry) => [nameOf(entry), entry]));
  const kept = new Map<number, ManifestTable>();
  for (const { oid } of tables) {
    const entry = byOid.get(oid);
    if (entry) kept.set(oid, entry);
  }
  const taken = new Set(kept.values());
  for (const table of tables) {
    const entry = byName.get(nameOf(table));
    if (entry && !kept.has(table.oid) && !taken.has(entry)) kept.set(table.oid, entry);
  }
  return kept;
}

function nameOf({ schema, name }: RelationName): string {
  return JSON.stringify([schema, name]);
}
