import type { OpenJob } from '../repository/open-rows.ts';
import type { RangeRows } from '../repository/range-rows.ts';
import type { ExportFormat } from './export-input.ts';

/** What the main thread asks an export thread for. */
export type ExportJob = FormatJob | OpenJob;

/** A range to be put together and formatted. */
export interface FormatJob {
  readonly kind: 'format';
  readonly range: RangeRows;
  readonly format: ExportFormat;
}

/** The rows of a range in the format wanted, which have these digests as `COPY` text. */
export interface FormattedRows {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly digest: string;
}
