import { openChunk } from '../chunk/open-chunk.ts';
import { releaseMemory } from '../core/release-memory.ts';
import { serveJobs } from '../core/threads/worker.ts';
import type { CompactAnswer, CompactJob } from './compact-job.ts';
import { mergeRanges } from './merge-ranges.ts';

/** A compactor thread: opens chunks, puts ranges together and seals them. */
serveJobs<CompactJob, CompactAnswer>({
  async run(job) {
    if (job.kind === 'merge') {
      const result = await mergeRanges(job);
      return { result, transfer: [result.body.buffer] };
    }
    const opened = await openChunk(job.body, job.entry, job.columns);
    releaseMemory(job.body);
    const copyText = Uint8Array.from(opened);
    return { result: { kind: 'open', copyText }, transfer: [copyText.buffer] };
  },
  close: async () => undefined,
});
