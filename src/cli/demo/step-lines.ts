import type { DemoSteps, StepName } from '../../demo/demo-steps.ts';
import { formatBytes, formatCount } from '../figures.ts';

export interface StepLines {
  /** What was done, with figures. */
  readonly done: string;
  /** What else there is to know, a line each. */
  readonly notes?: readonly string[];
}

type StepTexts = {
  readonly [Name in StepName]: {
    /** While it goes on. */
    readonly doing: string;
    readonly lines: (facts: DemoSteps[Name]) => StepLines;
  };
};

/** What the demo says of its steps. */
export const stepTexts: StepTexts = {
  server: {
    doing: 'Starting a PostgreSQL server',
    lines: ({ major, port }) => ({
      done: `Started PostgreSQL ${major} on port ${port}, for this demo alone`,
    }),
  },
  fill: {
    doing: 'Writing articles',
    lines: ({ rows, bytes, lateRows }) => ({
      done: `Wrote ${formatCount(rows)} articles, ${formatBytes(bytes)} as PostgreSQL stores them`,
      notes: [`${lateRows} more are written but not committed: two transactions stay open`],
    }),
  },
  firstBackup: {
    doing: 'First backup',
    lines: ({ tables: [table], bytesUploaded }) => ({
      done: `First backup: ${formatCount(table?.rowsShipped ?? 0)} articles, ${formatBytes(bytesUploaded)}, in ${formatCount(table?.chunksWritten ?? 0)} chunks`,
    }),
  },
  changes: {
    doing: 'Changing the table',
    lines: ({ inserted, updated, deleted, committedLate }) => ({
      done: `Changed the table: ${formatCount(inserted)} inserted, ${formatCount(updated)} updated, ${formatCount(deleted)} deleted`,
      notes: [`${committedLate} committed late: their ids are smaller than ids already backed up`],
    }),
  },
  secondBackup: {
    doing: 'Second backup, while a writer goes on',
    lines: ({
      figures: {
        tables: [table],
        bytesUploaded,
      },
      writer,
    }) => ({
      done: `Second backup: ${formatCount(table?.rowsShipped ?? 0)} of ${formatCount(table?.rows ?? 0)} articles shipped, ${formatBytes(bytesUploaded)}`,
      notes: [
        `meanwhile a writer committed ${formatCount(writer.transactions)} transactions:`,
        `${formatCount(writer.inserted)} inserted, ${formatCount(writer.updated)} updated, ${formatCount(writer.deleted)} deleted`,
      ],
    }),
  },
  restore: {
    doing: 'Restoring into an empty database',
    lines: ({ tables: [table] }) => ({
      done: `Restored ${formatCount(table?.rows ?? 0)} articles into an empty database`,
    }),
  },
  verifyDeep: {
    doing: 'Verifying every chunk',
    lines: ({ chunks }) => ({
      done: `Verified ${formatCount(chunks)} chunks: read back, hashed, decoded; no damage`,
    }),
  },
  verifyAgainst: {
    doing: 'Comparing the restored database with the restore point',
    lines: () => ({ done: 'Compared the restored database with the restore point: equal' }),
  },
  compare: {
    doing: 'Comparing it with a plain COPY of the source in that snapshot',
    lines: ({ source, lateRows, lateRowsRestored }) => ({
      done:
        source === undefined
          ? 'Counted the rows that were committed late'
          : 'Compared it with a plain COPY of the source in that snapshot: equal',
      notes: [
        ...(source === undefined
          ? ['no plain COPY: the backup had ended before its snapshot was adopted']
          : []),
        `${lateRowsRestored} of the ${lateRows} rows that were committed late are there`,
      ],
    }),
  },
};
