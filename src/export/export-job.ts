import type { RangeRows } from '../repository/range-rows.ts';
import type { ExportFormat } from './export-input.ts';

/** What the main thread asks an export thread for: a range, put together and formatted. */
export interface ExportJob {
  readonly range: RangeRows;
  readonly format: ExportFormat;
}

/** The rows of a range in the format wanted, which have these digests as `COPY` text. */
export interface FormattedRows {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly digest: string;
}
