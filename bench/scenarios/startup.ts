import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { figureOf, type Bench, type Side } from '../bench.ts';
import { multiplyPoints } from '../many-points.ts';
import type { Figure } from '../results-file.ts';
import { oursSide, sourceVariables } from '../sides.ts';
import { binary } from '../run-binary.ts';

const [store, points] = ['many-points', 1000];

/** How long one waits for nothing: starts of the process, beside Node.js itself and pg_dump. */
export async function startup(bench: Bench): Promise<Figure> {
  const { workshop } = bench;
  const table = await bench.tables.articles(1000);
  const url = workshop.store(store);
  await workshop.remove(store);
  await workshop.run(['backup', '--store', url, '--table', table.name], sourceVariables(table));
  await multiplyPoints(workshop.path(store), points);
  const program = fileURLToPath(binary);
  const status = oursSide(bench, table, { key: 'status', args: ['status'], store: ['--store', url] });
  const figure = await figureOf(bench, 'startup', table, [
    nodeSide('version', 'storydredge-backup --version', [program, '--version']),
    nodeSide('help', 'storydredge-backup --help', [program, '--help']),
    { ...status, label: `storydredge-backup status, ${points.toLocaleString('en-US')} manifests` },
    nodeSide('node', "node -e ''", ['-e', '']),
    {
      key: 'pg_dump',
      label: 'pg_dump --version',
      needs: ['pg_dump'],
      run: quietly('pg_dump', ['--version'], workshop.peers.path),
    },
  ]);
  await workshop.remove(store);
  return figure;
}

function nodeSide(key: string, label: string, args: readonly string[]): Side {
  return { key, label, run: quietly(process.execPath, args, process.env['PATH'] ?? '') };
}

function quietly(program: string, args: readonly string[], path: string): Side['run'] {
  return async () => {
    await promisify(execFile)(program, args, { env: { PATH: path } });
    return undefined;
  };
}
