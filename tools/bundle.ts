import { globSync } from 'node:fs';
import { rolldown } from 'rolldown';

/** What is started on its own: the command line, the library, threads and helper processes. */
const entries = [
  'bin/storydredge-backup.ts',
  'index.ts',
  'embedded/watchdog.ts',
  'core/programs/end-with-parent.ts',
  '**/*-worker.ts',
];

/** Found by `pg` where they are installed, and not needed. */
const optional = ['pg-native', 'pg-cloudflare'];

/**
 * Bundles the program with its dependencies: Node.js finds, reads and links some ten files instead of hundreds, in each
 * thread again. Modules that import each other lie in `chunks/`, one folder down as in `src/`, for `programModule`.
 *
 * @returns paths of all modules that went into it
 */
export async function bundle(sourceFolder: string, outputFolder: string): Promise<string[]> {
  const files = globSync(entries, { cwd: sourceFolder });
  const build = await rolldown({
    cwd: sourceFolder,
    input: Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ''), `./${file}`])),
    platform: 'node',
    external: [/^node:/, ...optional],
    // Of an ES module it can leave out what is not used: of the AWS SDK that is most of it.
    resolve: { mainFields: ['module', 'main'] },
  });
  const { output } = await build.write({
    dir: outputFolder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  });
  await build.close();
  return output.flatMap((part) => (part.type === 'chunk' ? Object.keys(part.modules) : []));
}
