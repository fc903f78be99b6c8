import type { SharedRate } from '../core/rate-limit.ts';
import type { ChunkRows } from '../repository/chunk-rows.ts';
import type { OpenJob } from '../repository/open-rows.ts';
import type { RangeRows } from '../repository/range-rows.ts';

/** What the main thread asks a loader thread for. */
export type LoadJob = LoadRangeJob | LoadSliceJob | DigestJob | OpenJob;

/** A range to be put together and loaded into its staging table. */
export interface LoadRangeJob extends RangeRows, LoadTarget {
  readonly kind: 'load';
}

/** A part of a range that is too large to be put together, loaded by itself; the result tells what it was. */
export interface LoadSliceJob extends ChunkRows, LoadTarget {
  readonly kind: 'load slice';
}

/** Where rows are loaded. */
export interface LoadTarget {
  /** `schema.table`, for messages. */
  readonly table: string;
  /** Positions of the columns that are not loaded, ascending. */
  readonly generated: readonly number[];
  /** `COPY … FROM STDIN` */
  readonly copySql: string;
  /** `INSERT` of the number of the range or slice, which gives no row where it is there already. */
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
  /** Whether large values are compressed with lz4 where the server has it. */
  readonly fast: boolean;
  /** What all loaders together may load. */
  readonly rate: SharedRate | undefined;
}
