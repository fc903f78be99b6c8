/**
 * Reads standard input to its end, at most so many bytes a second, and throws it away or writes it to a file, durably as `pg_dump -f`
 * does: `… | node bench/throttle.ts BYTES [FILE]`.
 */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , rateText, path] = process.argv;
const rate = Number(rateText);
if (!(rate > 0)) throw new TypeError('throttle.ts takes the bytes a second');
const file = path === undefined ? undefined : await open(path, 'w');
const startedAt = performance.now();
let bytes = 0;
for await (const piece of process.stdin as AsyncIterable<Buffer>) {
  await file?.writeFile(piece);
  bytes += piece.length;
  const early = (bytes / rate) * 1000 - (performance.now() - startedAt);
  if (early > 5) await sleep(early);
}
await file?.sync();
await file?.close();
