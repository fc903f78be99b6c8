import { ownMemory } from '../core/release-memory.ts';
import { serveJobs } from '../core/threads/worker.ts';
import { openRows, type OpenedRows } from '../repository/open-rows.ts';
import { putTogether } from '../repository/range-rows.ts';
import type { ExportJob, FormattedRows } from './export-job.ts';
import { formatRows } from './format-rows.ts';

/** An export thread: opens chunks, proves ranges and formats their rows. */
serveJobs<ExportJob, FormattedRows | OpenedRows>({
  async run(job) {
    if (job.kind === 'open') return openRows(job);
    const { range, format } = job;
    const copyText = await putTogether(range);
    const bytes = formatRows(copyText, range.columns, format);
    const { rows, digest } = range;
    return { result: { bytes, rows, digest }, transfer: ownMemory(bytes) };
  },
  close: async () => {},
});
