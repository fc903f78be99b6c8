import { BlockFile } from '../core/block-file.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { DigestSum } from '../format/digest.ts';
import { NumberList } from '../format/number-list.ts';
import { chunkCodec } from '../format/packed-chunks.ts';
import { PackedBuilder } from '../format/packed-entries.ts';
import { rangeCodec } from '../format/packed-ranges.ts';
import type { TableResult } from './backup-result.ts';
import type { PlanSteps } from './plan-steps.ts';
import { StoredChunks } from './stored-chunks.ts';
import type { ChangedStep, RangeStep, TablePlan } from './table-plan.ts';

/** What has become of a table's plan so far: the ranges of each step that ships, and the chunks written for them. */
export class TableShipment {
  readonly plan: TablePlan;
  /** What is in the store already, for rows that are read anew. */
  readonly stored: StoredChunks;
  readonly #snapshotXmin: string;
  readonly #ranges: Map<ChangedStep, RangeEntry[]>;
  readonly #written = new Map<number, ChunkEntry>();
  #rowsShipped = 0;
  #chunksReused = 0;

  constructor(plan: TablePlan, snapshotXmin: string) {
    this.plan = plan;
    this.stored = new StoredChunks(plan.chunks, keptChunks(plan.steps));
    this.#snapshotXmin = snapshotXmin;
    this.#ranges = new Map(plan.steps.changed.map((step) => [step, []]));
  }

  /** Records ranges that a step ends in, in their order. */
  finish(step: ChangedStep, ranges: readonly RangeEntry[]): void {
    this.#ranges.get(step)?.push(...ranges);
  }

  /** Has a step take the place of one of the plan, which turned out not to do. */
  replace(planned: ChangedStep, step: ChangedStep): void {
    this.#ranges.set(step, this.#ranges.get(planned) ?? []);
  }

  wrote(chunk: ChunkEntry): void {
    this.#written.set(chunk.number, chunk);
    this.#rowsShipped += chunk.rows;
  }

  /** The table as the manifest lists it, once every step is finished. */
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
    const chunks = new PackedBuilder(chunkCodec(), () => new BlockFile());
    for (const number of numbers.sorted()) {
      const written = this.#written.get(number);
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
      else yield* this.#ranges.get(step) ?? [];
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
      chunksWritten: this.#written.size,
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
