import { ownMemory } from '../core/release-memory.ts';
import { serveJobs } from '../core/threads/worker.ts';
import { putTogether, type RangeRows } from '../repository/range-rows.ts';

/** A thread of diff: opens chunks and proves ranges; the `COPY` text of their rows goes back. */
serveJobs<RangeRows, Uint8Array>({
  async run(range) {
    const copyText = await putTogether(range);
    return { result: copyText, transfer: ownMemory(copyText) };
  },
  close: async () => {},
});
