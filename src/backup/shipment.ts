import type { ChunkEntry, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { sumDigests } from '../format/digest.ts';
import type { TableResult } from './backup-result.ts';
import { StoredChunks } from './stored-chunks.ts';
import type { RangeStep, TablePlan } from './table-plan.ts';

/** What has become of a table's plan so far: the ranges of each step, and the chunks written for them. */
export class TableShipment {
  readonly plan: TablePlan;
  /** What is in the store already, for rows that are read anew. */
  readonly stored: StoredChunks;
  readonly #ranges: RangeEntry[][];
  readonly #written = new Map<number, ChunkEntry>();
  readonly #positions: Map<RangeStep, number>;
  #rowsShipped = 0;

  constructor(plan: TablePlan) {
    this.plan = plan;
    this.stored = new StoredChunks(plan.chunks.values(), plan.steps.flatMap(keptChunks));
    this.#ranges = plan.steps.map(() => []);
    this.#positions = new Map(plan.steps.map((step, index) => [step, index]));
  }

  /** Records ranges that a step ends in, in their order. */
  finish(step: RangeStep, ranges: readonly RangeEntry[]): void {
    this.#ranges[this.#positions.get(step) ?? -1]?.push(...ranges);
  }

  /** Has a step take the place of one of the plan, which turned out not to do. */
  replace(planned: RangeStep, step: RangeStep): void {
    this.#positions.set(step, this.#positions.get(planned) ?? -1);
  }

  wrote(chunk: ChunkEntry): void {
    this.#written.set(chunk.number, chunk);
    this.#rowsShipped += chunk.rows;
  }

  /** The chunk of that number, if this run wrote it. */
  written(number: number): ChunkEntry | undefined {
    return this.#written.get(number);
  }

  /** The table as the manifest lists it, once every step is finished. */
  toManifestTable(): ManifestTable {
    const { definition, rangeKind, rangeReason, filenodes, typeForms } = this.plan;
    const ranges = this.#ranges.flat();
    const used = new Set(ranges.flatMap((range) => [range.base, ...range.patches.map(({ chunk }) => chunk)]));
    const chunks = [...used]
      .sort((a, b) => a - b)
      .map((number) => this.#written.get(number) ?? this.plan.chunks.get(number))
      .filter((chunk) => chunk !== undefined);
    return {
      ...definition,
      rangeKind,
      rangeReason,
      filenodes,
      typeForms,
      rows: ranges.reduce((sum, range) => sum + range.rows, 0),
      digest: sumDigests(ranges.map(({ digest }) => digest)),
      chunks,
      ranges,
    };
  }

  /** What the run did for it, of which `table` is the outcome. */
  toResult(table: ManifestTable): TableResult {
    const { definition, steps } = this.plan;
    return {
      table: `${definition.schema}.${definition.name}`,
      rows: table.rows,
      rowsShipped: this.#rowsShipped,
      rangesReused: steps.filter(({ kind }) => kind === 'reuse').length,
      chunksWritten: this.#written.size,
      chunksReused: table.chunks.filter(({ number }) => !this.#written.has(number)).length,
    };
  }
}

/** Chunks that a step builds on. Should one turn out to be damaged, no range may get it back by its content. */
function keptChunks(step: RangeStep): number[] {
  if (step.kind === 'base') return [];
  return [step.known.base, ...step.known.patches.map(({ chunk }) => chunk)];
}
