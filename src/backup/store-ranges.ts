import { passFaultPoint } from '../core/fault-points.ts';
import type { CheckpointEntry } from '../format/checkpoint.ts';
import type { ChunkEntry, RangeEntry } from '../format/manifest.ts';
import type { ShipContext, Upload } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import type { ChangedStep } from './range-steps.ts';

/** The ranges that a step ends in. */
export interface StepEnd {
  readonly step: ChangedStep;
  readonly ranges: readonly RangeEntry[];
}

/**
 * Makes ranges part of the run: the checkpoint is told of them before their chunks are put, so that none is stored that
 * nobody knows of, and confirms the chunks once they are durable: only then do they count as finished (law 3).
 *
 * @param stored chunks of the ranges that are in the store already: known ones, and those that were put before their
 * ranges were known whole
 *
 * A snapshot whose commits a crash could take back counts nowhere, so that an xid is one transaction for all that count (law 1).
 */
export async function storeRanges(
  context: ShipContext,
  shipment: TableShipment,
  ends: readonly StepEnd[],
  uploads: readonly Upload[],
  stored: readonly ChunkEntry[] = [],
): Promise<void> {
  const { checkpoint, durable } = context.parts;
  const written = stored.filter(({ number }) => !shipment.plan.chunks.has(number));
  const chunks = [...written, ...uploads.map(({ entry }) => entry)];
  const entries = ends.flatMap(({ step, ranges }) =>
    ranges.map((range) => entryOf(shipment, step, range, chunks)),
  );
  await durable;
  await checkpoint.append(...entries);
  await putAll(context, shipment, uploads);
  await checkpoint.confirm(chunks.map(({ number }) => number));
  passFaultPoint('backup.chunk.confirmed');
  for (const { step, ranges } of ends) shipment.finish(step, ranges);
}

/** Rejects when nothing is under way any more. */
async function putAll(
  context: ShipContext,
  shipment: TableShipment,
  uploads: readonly Upload[],
): Promise<void> {
  const puts = await Promise.allSettled(uploads.map((upload) => context.put(shipment, upload)));
  for (const put of puts) if (put.status === 'rejected') throw put.reason;
}

function entryOf(
  { plan }: TableShipment,
  step: ChangedStep,
  range: RangeEntry,
  written: readonly ChunkEntry[],
): CheckpointEntry {
  const numbers = new Set([range.base, ...range.patches.map(({ chunk }) => chunk)]);
  const replaced = step.kind === 'base' ? step.replaces : step.known;
  return {
    tableOid: plan.definition.oid,
    structure: plan.progressStructure,
    range,
    chunks: written.filter(({ number }) => numbers.has(number)),
    replaces: replaced ? { lo: replaced.lo, hi: replaced.hi } : null,
  };
}
