import { ownMemory } from '../core/release-memory.ts';
import { serveJobs } from '../core/threads/worker.ts';
import { openRows, type OpenedRows } from '../repository/open-rows.ts';
import { putTogether } from '../repository/range-rows.ts';
import type { DiffJob } from './diff-job.ts';

/** A thread of diff: opens chunks and proves ranges; the `COPY` text of their rows goes back. */
serveJobs<DiffJob, Uint8Array | OpenedRows>({
  async run(job) {
    if (job.kind === 'open') return openRows(job);
    const copyText = await putTogether(job.range);
    return { result: copyText, transfer: ownMemory(copyText) };
  },
  close: async () => {},
});
