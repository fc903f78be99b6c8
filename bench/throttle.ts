/** Reads standard input to its end, at most so many bytes a second, and throws it away: `… | node bench/throttle.ts BYTES`. */
import { setTimeout as sleep } from 'node:timers/promises';

const rate = Number(process.argv[2]);
if (!(rate > 0)) throw new TypeError('throttle.ts takes the bytes a second');
const startedAt = performance.now();
let bytes = 0;
for await (const piece of process.stdin as AsyncIterable<Buffer>) {
  bytes += piece.length;
  const early = (bytes / rate) * 1000 - (performance.now() - startedAt);
  if (early > 5) await sleep(early);
}
