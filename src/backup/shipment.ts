import { BlockFile } from '../core/block-file.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { chunksByNumber } from '../format/chunk-lookup.ts';
import { chunkCodec } from '../format/packed-chunks.ts';
import { PackedBuilder } from '../format/packed-entries.ts';
import { TableEntries } from '../format/table-entries.ts';
import type { TableResult } from './backup-result.ts';
import { RangesByStep } from './ranges-by-step.ts';
import { StoredChunks } from './stored-chunks.ts';
import type { ChangedStep } from './range-steps.ts';
import type { TablePlan } from './table-plan.ts';

/** What has become of a table's plan so far: the ranges of each step that ships, and the chunks written for them. */
export class TableShipment {
  readonly plan: TablePlan;
  /**
   * What is in the store already, for rows that are read anew. Should a chunk that steps build on turn out to be damaged, no range
   * may get it back by its content.
   */
  readonly stored: StoredChunks;
  readonly #snapshotXmin: string;
  readonly #ranges: RangesByStep;
  readonly #written = new PackedBuilder(chunkCodec, () => new BlockFile());
  #chunksWritten = 0;
  #rowsShipped = 0;
  #chunksReused = 0;

  constructor(plan: TablePlan, snapshotXmin: string) {
    this.plan = plan;
    this.stored = new StoredChunks(plan.chunks, plan.steps.kept);
    this.#snapshotXmin = snapshotXmin;
    this.#ranges = new RangesByStep(plan.steps.length);
  }

  /** Records ranges that a step ends in, in their order. */
  finish({ position }: Pick<ChangedStep, 'position'>, ranges: readonly RangeEntry[]): void {
    for (const range of ranges) this.#ranges.add(position, range);
  }

  wrote(chunk: ChunkEntry): void {
    this.#written.add(chunk);
    this.#chunksWritten += 1;
    this.#rowsShipped += chunk.rows;
  }

  /** The table as the manifest lists it, once every step is finished. To be called once. */
  toManifestTable(): ManifestTable {
    const { definition, rangeKind, rangeReason, filenodes, typeForms } = this.plan;
    const { steps, chunks } = this.plan;
    const entries = new TableEntries(() => new BlockFile());
    for (const { position, known, recent } of steps.outlines()) {
      if (known >= 0) entries.addKnown(steps.known, known, this.#snapshotXmin, recent);
      else for (const range of this.#ranges.of(position)) entries.addRange(range);
    }
    const found = entries.finishChunks(chunksByNumber(this.#written.finish()), chunks);
    this.#chunksReused = found.fromOthers;
    return {
      ...definition,
      rangeKind,
      rangeReason,
      filenodes,
      typeForms,
      rows: entries.rows,
      digest: entries.digest,
      chunks: found.chunks,
      ranges: entries.finishRanges(),
    };
  }

  /** What the run did for it, of which `table` is the outcome. */
  toResult(table: ManifestTable): TableResult {
    const { definition, steps } = this.plan;
    return {
      table: `${definition.schema}.${definition.name}`,
      rows: table.rows,
      rowsShipped: this.#rowsShipped,
      rangesReused: steps.count('reuse'),
      chunksWritten: this.#chunksWritten,
      chunksReused: this.#chunksReused,
    };
  }
}
