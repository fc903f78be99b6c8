import { BlockFile } from '../core/block-file.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { chunksByNumber } from '../format/chunk-lookup.ts';
import { DigestSum } from '../format/digest.ts';
import { NumberList } from '../format/number-list.ts';
import { chunkCodec } from '../format/packed-chunks.ts';
import { PackedBuilder } from '../format/packed-entries.ts';
import { rangeCodec } from '../format/packed-ranges.ts';
import type { TableResult } from './backup-result.ts';
import type { PlanSteps } from './plan-steps.ts';
import { RangesByStep } from './ranges-by-step.ts';
import { StoredChunks } from './stored-chunks.ts';
import type { ChangedStep, RangeStep, TablePlan } from './table-plan.ts';

/** What has become of a table's plan so far: the ranges of each step that ships, and the chunks written for them. */
export class TableShipment {
  readonly plan: TablePlan;
  /** What is in the store already, for rows that are read anew. */
  readonly stored: StoredChunks;
  readonly #snapshotXmin: string;
  readonly #ranges: RangesByStep;
  readonly #written = new PackedBuilder(chunkCodec(), () => new BlockFile());
  #chunksWritten = 0;
  #rowsShipped = 0;
  #chunksReused = 0;

  constructor(plan: TablePlan, snapshotXmin: string) {
    this.plan = plan;
    this.stored = new StoredChunks(plan.chunks, keptChunks(plan.steps));
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
    const ranges = new PackedBuilder(rangeCodec(), () => new BlockFile());
    const numbers = new NumberList();
    const digest = new DigestSum();
    let rows = 0;
    for (const range of this.#allRanges()) {
      ranges.add(range);
      rows += range.rows;
      digest.add(range.digest);
      numbers.add(range.base);
      for (const { chunk } of range.patches) numbers.add(chunk);
    }
    this.#chunksReused = 0;
    const allWritten = chunksByNumber(this.#written.finish());
    const chunks = new PackedBuilder(chunkCodec(), () => new BlockFile());
    for (const number of numbers.sorted()) {
      const written = allWritten.get(number);
      const chunk = written ?? this.plan.chunks.get(number);
      if (chunk) chunks.add(chunk);
      if (!written) this.#chunksReused += 1;
    }
    return {
      ...definition,
      rangeKind,
      rangeReason,
      filenodes,
      typeForms,
      rows,
      digest: digest.toString(),
      chunks: chunks.finish(),
      ranges: ranges.finish(),
    };
  }

  *#allRanges(): Generator<RangeEntry> {
    for (const step of this.plan.steps) {
      if (step.kind === 'reuse') yield { ...step.known, asOf: this.#snapshotXmin, recent: step.recent };
      else yield* this.#ranges.of(step.position);
    }
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

/** Chunks that steps build on. Should one turn out to be damaged, no range may get it back by its content. */
function* keptChunks(steps: PlanSteps): Generator<number> {
  for (const step of steps) yield* keptBy(step);
}

function keptBy(step: RangeStep): number[] {
  if (step.kind === 'base') return [];
  return [step.known.base, ...step.known.patches.map(({ chunk }) => chunk)];
}
