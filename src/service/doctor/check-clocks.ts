import { pass, skipped, warning, type Check } from './check.ts';

const name = 'clocks';
/** Leases live a minute and are renewed each 20 seconds; restore points are chosen by time. */
const mostMs = 5000;

/** Compares this machine's clock with the database's and the store's: milliseconds that they are ahead. */
export function checkClocks(database: number | undefined, store: number | undefined): Check {
  const others = [
    { who: 'the database', ahead: database },
    { who: 'the store', ahead: store },
  ].filter((other): other is { who: string; ahead: number } => other.ahead !== undefined);
  if (others.length === 0) return skipped(name, 'needs the database or the store');
  const found = others
    .map(
      ({ who, ahead }) =>
        `${who} is ${Math.abs(ahead / 1000).toFixed(1)} s ${ahead < 0 ? 'behind' : 'ahead'}`,
    )
    .join(', ');
  if (others.every(({ ahead }) => Math.abs(ahead) <= mostMs)) return pass(name, found);
  return warning(
    name,
    found,
    'Set the clocks by NTP: leases and --at go by them, and S3 refuses requests that are 15 minutes off.',
  );
}
