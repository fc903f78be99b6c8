import { basename } from 'node:path';
import { listPoints, type ListedPoint } from '../../service/status/list-points.ts';
import type { Store } from '../../store/store.ts';
import { formatAge } from '../age.ts';
import type { RunCommand } from '../command.ts';
import { storeOf } from '../connections.ts';
import { formatBytes, formatCount, formatTable } from '../figures.ts';

export const list: RunCommand = async (context) => {
  const { settings, host, signal } = context;
  const store = await storeOf(context);
  try {
    const { points, total } = await listPoints(store, settings.limit, signal);
    const restorePoints = points.map((point) => describe(point, store, host.now()));
    const json = { status: 'completed', store: store.url, total, restorePoints };
    if (points.length === 0) return { json, text: `${store.url} holds no restore point` };
    const more = total > points.length ? [`… and ${formatCount(total - points.length)} older`] : [];
    return { json, text: [formatTable([header, ...restorePoints.map(lineOf)]), ...more].join('\n') };
  } finally {
    store.close();
  }
};

const header = ['committed (UTC)', 'age', 'rows', 'tables', 'size', 'new', 'chain', 'manifest'];

function describe(point: ListedPoint, store: Store, now: number) {
  const { head } = point;
  return {
    manifest: store.objectKey(point.key),
    committedAt: point.committedAt.toISOString(),
    ageSeconds: Math.round((now - point.committedAt.getTime()) / 1000),
    state: head ? 'usable' : 'damaged',
    problem: point.problem ?? null,
    chain: point.chain,
    compaction: head?.compaction ?? false,
    parent: head?.parent ? store.objectKey(head.parent.key) : null,
    runId: head?.runId ?? null,
    snapshotAt: head?.snapshot.takenAt ?? null,
    rows: head?.statistics.rows ?? null,
    tables: head?.statistics.tables ?? null,
    bytes: head?.statistics.bytes ?? null,
    rowsShipped: head?.statistics.rowsShipped ?? null,
    bytesUploaded: head?.statistics.bytesUploaded ?? null,
    manifestBytes: point.bytes,
  };
}

type Described = ReturnType<typeof describe>;

function lineOf(point: Described): string[] {
  const count = (figure: number | null) => (figure === null ? '?' : formatCount(figure));
  const bytes = (figure: number | null) => (figure === null ? '?' : formatBytes(figure));
  return [
    point.committedAt.slice(0, 19).replace('T', ' '),
    formatAge(point.ageSeconds),
    count(point.rows),
    count(point.tables),
    bytes(point.bytes),
    bytes(point.bytesUploaded),
    point.problem === null ? point.chain + (point.compaction ? ', compacted' : '') : 'DAMAGED',
    basename(point.manifest) + (point.problem === null ? '' : `  (${point.problem})`),
  ];
}
