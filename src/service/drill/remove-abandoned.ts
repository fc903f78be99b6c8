import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { stamp } from '../../format/keys.ts';
import { parseStoreUrl } from '../../store/store-url.ts';
import type { DrillInput } from './drill-input.ts';
import { drillPrefix } from './drill-prefix.ts';

/** A drill takes minutes; what began so long before, of whichever clock, goes on no more. */
const goesOnMs = 24 * 3600_000;

/** `drill_YYYYMMDD_HHMMSS_RANDOM`: no other name is one of a drill. */
const drillKey = new RegExp(String.raw`^(${drillPrefix}(\d{8}_\d{6})_[0-9a-f]{6})\/`);

/** Removes what drills left that were killed a day ago or more. A store that does not let it costs a warning. */
export async function removeAbandonedDrills({
  storeUrl,
  openStore,
  startedAt,
  reporter,
  signal,
}: DrillInput): Promise<void> {
  const location = parseStoreUrl(storeUrl);
  const { url } = location;
  const before = stamp(new Date(startedAt.getTime() - goesOnMs));
  const store = await openStore(url);
  try {
    const abandoned = new Map<string, string[]>();
    for await (const { key } of store.list(drillPrefix, { signal })) {
      const [, name, time] = drillKey.exec(key) ?? [];
      if (name === undefined || time === undefined || time >= before) continue;
      abandoned.set(name, [...(abandoned.get(name) ?? []), key]);
    }
    for (const [name, keys] of abandoned) {
      const [refused] = await store.delete(keys, signal);
      if (refused) throw refused.error;
      if (location.kind === 'file') await rm(join(location.folder, name), { recursive: true, force: true });
      reporter.log('info', `Removed ${url}/${name}, which a drill left that was killed`);
    }
  } catch (error) {
    signal.throwIfAborted();
    reporter.log('warn', `What earlier drills may have left below ${url} stays: ${messageOf(error)}`);
  } finally {
    store.close();
  }
}
