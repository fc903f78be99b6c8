/** What the demo reads of the `--json` results of the commands it runs. */
import { z } from 'zod';

const count = z.int().min(0);

export const backupResult = z.object({
  status: z.literal('completed'),
  manifest: z.string(),
  snapshot: z.object({ text: z.string() }),
  tables: z
    .array(
      z.object({
        table: z.string(),
        rows: count,
        rowsShipped: count,
        rangesReused: count,
        chunksWritten: count,
        chunksReused: count,
      }),
    )
    .length(1),
  bytesUploaded: count,
  durationSeconds: z.number(),
  articlesPerSecond: z.number(),
  peakRssBytes: count,
});
export type BackupFigures = z.infer<typeof backupResult>;

export const restoreResult = z.object({
  status: z.literal('completed'),
  manifest: z.string(),
  tables: z.array(z.object({ table: z.string(), rows: count, digest: z.string() })).length(1),
  durationSeconds: z.number(),
});
export type RestoreFigures = z.infer<typeof restoreResult>;

export const verifyResult = z.object({
  status: z.enum(['ok', 'damaged']),
  findings: z.array(z.object({ code: z.string(), object: z.string(), detail: z.string() })),
});
export type VerifyFigures = z.infer<typeof verifyResult>;

export const failedResult = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
});
