import { serveJobs } from '../core/threads/worker.ts';
import { openRows } from '../repository/open-rows.ts';
import type { CompactAnswer, CompactJob } from './compact-job.ts';
import { mergeRanges } from './merge-ranges.ts';

/** A compactor thread: opens chunks, puts ranges together and seals them. */
serveJobs<CompactJob, CompactAnswer>({
  async run(job) {
    if (job.kind === 'open') return openRows(job);
    const result = await mergeRanges(job);
    return { result, transfer: [result.body.buffer] };
  },
  close: async () => undefined,
});
