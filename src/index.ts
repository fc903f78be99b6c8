/**
 * The library: what the commands are made of. Nothing here prints, reads a config file, or ends the process.
 *
 *     import { openStore, resolveConnection, runBackup, Secret, silentReporter } from 'storydredge-backup';
 *
 *     const databaseUrl = new Secret('postgresql://backup@db.example.com/storymap');
 *     const store = await openStore('s3://my-bucket/backups/storymap');
 *     try {
 *       const result = await runBackup({
 *         target: await resolveConnection({ databaseUrl }, process.env),
 *         databaseUrl,
 *         store,
 *         settings: {
 *           tables: ['articles'],
 *           chunkSize: 1000,
 *           chunkBytes: 8 * 1024 * 1024,
 *           compression: 'none',
 *           full: false,
 *           maxWorkers: 4,
 *           schema: 'none',
 *           checkpointFile: 'logs/db_backup_checkpoint.json',
 *         },
 *         reporter: silentReporter,
 *         signal: new AbortController().signal,
 *         startedAt: new Date(),
 *         version: '1.0.0',
 *       });
 *       console.log(result.manifest);
 *     } finally {
 *       store.close();
 *     }
 *
 * Every function rejects with a `BackupError`, whose `code` is one of docs/errors.md, or with the reason of its `signal`
 * once that is aborted. Reader threads resolve the connection again, from the URL given and `process.env`. What is not
 * exported here may change at any time.
 */

// Connections.
export { resolveConnection } from './postgres/resolve-connection.ts';
export { openStore } from './store/open-store.ts';

// Capabilities.
export { runBackup } from './backup/run.ts';
export { planBackup } from './backup/dry-run.ts';
export { runRestore, dryRunRestore as planRestore } from './restore/run.ts';
export { runVerify } from './verify/run.ts';
export { runDiff } from './diff/run.ts';
export { changeLines } from './diff/change-lines.ts';
export { runExport } from './export/run.ts';
export { runCompact, dryRunCompact as planCompact } from './retention/compact.ts';

// Restore points.
export { listRestorePoints } from './repository/manifests.ts';
export { findRestorePoint } from './repository/restore-points.ts';

// Errors, secrets and reports.
export { BackupError, toBackupError } from './core/errors.ts';
export { errorCodes } from './core/error-codes.ts';
export { Secret } from './core/secret.ts';
export { silentReporter } from './core/events.ts';

export type { BackupInput, BackupSettings } from './backup/backup-input.ts';
export type { BackupResult, TableResult } from './backup/backup-result.ts';
export type { BackupPlan } from './backup/dry-run.ts';
export type { Forecast } from './backup/forecast.ts';
export type { RangeStep } from './backup/range-steps.ts';
export type { TablePlan } from './backup/table-plan.ts';
export type { WorkersUsed } from './backup/workers/workers.ts';
export type { ComparedTable, TableSide } from './diff/compared-table.ts';
export type { DiffEnd, DiffInput, DiffResult, TableDiff } from './diff/diff-input.ts';
export type { RowChange } from './diff/match-rows.ts';
export type {
  ExportDestination,
  ExportedTable,
  ExportFormat,
  ExportInput,
  ExportResult,
} from './export/export-input.ts';
export type { BackupErrorOptions } from './core/errors.ts';
export type { ErrorCode } from './core/error-codes.ts';
export type { LogFields, LogLevel, Progress, Reporter } from './core/events.ts';
export type { RetryPolicy } from './core/retry.ts';
export type { Compression } from './format/columns.ts';
export type * from './format/manifest.ts';
export type { ConnectionTarget } from './postgres/connection-target.ts';
export type { RestorePoint, StoredManifest } from './repository/manifests.ts';
export type { RestoredTable, RestoreInput, RestoreResult, RestoreSettings } from './restore/restore-input.ts';
export type { RestorePlan } from './restore/restore-plan.ts';
export type {
  CompactedTable,
  CompactInput,
  CompactResult,
  CompactSettings,
} from './retention/compact-input.ts';
export type { TableCompaction } from './retention/compact-table.ts';
export type { S3Compatibility, StoreOptions, StoreTimeouts } from './store/store-settings.ts';
export type * from './store/store.ts';
export type { MeasuredStore } from './store/with-measure.ts';
export type { Finding } from './verify/finding.ts';
export type { VerifyInput, VerifyResult } from './verify/verify-input.ts';
