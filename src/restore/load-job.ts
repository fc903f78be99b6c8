import type { RangeRows } from '../repository/range-rows.ts';

/** What the main thread asks a loader thread for. */
export type LoadJob = LoadRangeJob | DigestJob;

/** A range to be put together and loaded into its staging table. */
export interface LoadRangeJob extends RangeRows {
  readonly kind: 'load';
  /** Positions of the columns that are not loaded, ascending. */
  readonly generated: readonly number[];
  /** `COPY … FROM STDIN` */
  readonly copySql: string;
  /** `INSERT` of the range's number, which gives no row where it is there already. */
  readonly markSql: string;
}

/** Rows of the target to be read back. */
export interface DigestJob {
  readonly kind: 'digest';
  /** `COPY (…) TO STDOUT` */
  readonly sql: string;
}

/** Rows, and their content digest. */
export interface LoadResult {
  readonly rows: number;
  readonly digest: string;
}

/** What a loader thread is started with. */
export interface LoaderData {
  /** The target's URL as given: threads do not share objects, so each resolves it again. A secret. */
  readonly targetUrl: string | undefined;
}
