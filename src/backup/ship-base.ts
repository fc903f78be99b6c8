import type { RowsPart } from './read-job.ts';
import type { RangeShipper } from './range-shipper.ts';
import type { ShipContext } from './ship-context.ts';
import { KeyParts } from './ship-key-parts.ts';
import { RangePieces } from './ship-pieces.ts';
import type { TableShipment } from './shipment.ts';
import type { BaseStep } from './range-steps.ts';

/**
 * Ships a whole range: as one base chunk, or where it has more bytes than a chunk may have, chunk by chunk as they are
 * closed, so that memory holds few of them (law 9).
 */
export async function shipBase(context: ShipContext, shipment: TableShipment, step: BaseStep): Promise<void> {
  const byKey = shipment.plan.rangeKind === 'key' && context.mayScanMeanwhile;
  const shipper: RangeShipper = byKey
    ? new KeyParts(context, shipment, step)
    : new RangePieces(context, shipment, step);
  try {
    const last: RowsPart | null = await context.readRows(shipment, shipper);
    if (last) await shipper.take(last);
    await shipper.end();
  } finally {
    await shipper.settle();
  }
}
