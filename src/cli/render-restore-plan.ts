import { displayName, type RestorePlan, type TablePlan } from '../restore/restore-plan.ts';
import type { Store } from '../store/store.ts';
import type { CommandOutcome } from './command.ts';
import { formatBytes, formatCount, formatTable } from './figures.ts';

/** The plan of a restore for people and as JSON. */
export function renderRestorePlan(plan: RestorePlan, store: Store, clean: boolean): CommandOutcome {
  const manifest = store.objectKey(plan.point.reference.key);
  const tables = plan.tables.map((table) => ({
    table: displayName(table.target),
    source: displayName(table.source),
    rows: table.source.rows,
    bytes: bytesOf(table),
    action: table.action,
    reason: table.reason,
    replacesRows: clean && table.holdsRows,
    digest: table.source.digest,
    part: table.part ?? null,
  }));
  const head = ['table', 'rows', 'to fetch', 'action', 'because the table'];
  const lines = tables.map(({ table, rows, bytes, action, reason, replacesRows }) => [
    table,
    formatCount(rows),
    formatBytes(bytes),
    replacesRows ? `${action}, its rows are replaced` : action,
    reason,
  ]);
  const parts = plan.tables.flatMap(({ part }) =>
    part
      ? [
          `Only rows where ${part.text}: they are in ${part.rangesFetched} of ${part.ranges} ranges${part.reason === undefined ? '' : ` (all, because ${part.reason})`}.`,
        ]
      : [],
  );
  const created = createdBy(plan);
  const text = [
    `Restore point ${manifest} into database ${plan.database}:`,
    formatTable([head, ...lines]),
    ...parts,
    ...created.map((object) => `Creates ${object}.`),
    '',
    'Dry run: nothing was written.',
  ];
  const { database } = plan;
  const missingSchemas = plan.objects.schemas.map(({ name }) => name);
  return {
    json: { status: 'completed', dryRun: true, manifest, database, missingSchemas, creates: created, tables },
    text: text.join('\n'),
  };
}

/** What the target lacks around the tables, for people. */
function createdBy({
  objects: { schemas, extensions, collations, types, sequences },
}: RestorePlan): string[] {
  return [
    ...schemas.map(({ name }) => `schema ${name}`),
    ...extensions.map(({ name }) => `extension ${name}`),
    ...collations.map((collation) => `collation ${displayName(collation)}`),
    ...types.map((type) => `${type.kind} type ${displayName(type)}`),
    ...sequences.map((sequence) => `sequence ${displayName(sequence)}`),
  ];
}

/** Bytes of the chunks that its ranges need. */
function bytesOf({ source }: TablePlan): number {
  return source.chunks.reduce((sum, { bytes }) => sum + bytes, 0);
}
