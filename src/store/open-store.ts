import { isThrottled } from '../core/errors.ts';
import { FileStore } from './file-store.ts';
import { defaultMaxConnections, type StoreOptions } from './store-settings.ts';
import { parseStoreUrl } from './store-url.ts';
import type { Store } from './store.ts';
import { withFault } from './with-fault.ts';
import { withLimit } from './with-limit.ts';
import { withMeasure, type MeasuredStore } from './with-measure.ts';
import { withRetry } from './with-retry.ts';

/**
 * The store at `url` with everything around it: measured next to the driver so that each try counts, limited outside
 * that, and retried outermost so that a waiting retry occupies no place. No request is sent yet.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<MeasuredStore> {
  let [retries, throttled] = [0, 0];
  const onRetry = (error: unknown, attempt: number): void => {
    retries += 1;
    if (isThrottled(error)) throttled += 1;
    options.onRetry?.(error, attempt);
  };
  const driver = await openDriver(url, { ...options, onRetry });
  const measured = withMeasure(withFault(driver, process.env['STORYDREDGE_STORE_FAULT']));
  const limited = withLimit(measured, options.maxConnections ?? defaultMaxConnections);
  const policy = options.retryPolicy === undefined ? {} : { policy: options.retryPolicy };
  const store = withRetry(limited, { ...policy, onRetry });
  return { ...store, statistics: () => ({ ...measured.statistics(), retries, throttled }) };
}

/** The AWS SDK takes a tenth of a second to load: only a run that needs it pays. */
async function openDriver(url: string, options: StoreOptions): Promise<Store> {
  const location = parseStoreUrl(url);
  if (location.kind === 'file') return new FileStore(location);
  const { S3Store } = await import('./s3-store.ts');
  return new S3Store(location, options);
}
