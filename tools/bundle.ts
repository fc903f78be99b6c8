import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { rolldown, type OutputAsset, type OutputChunk } from 'rolldown';

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
 * Whose modules lie together: what each command starts with, a backup, its readers, and all other threads. Those that the same of them
 * need make one chunk, rather than one for each set of commands that shares them: a run without changes would load eighty files.
 */
const loaders: Readonly<Record<string, (file: string) => boolean>> = {
  first: (file) => file === 'core/prepare-process.ts',
  start: (file) => file === 'cli/start.ts',
  backup: (file) => file === 'cli/commands/backup.ts',
  reader: (file) => file === 'backup/read-worker.ts',
  thread: (file) => file.endsWith('-worker.ts') && file !== 'backup/read-worker.ts',
};

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
    preserveEntrySignatures: 'allow-extension',
    external: [/^node:/, ...optional],
    // Of an ES module it can leave out what is not used: of the AWS SDK that is most of it.
    resolve: { mainFields: ['module', 'main'] },
  });
  const form = {
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  } as const;
  const { output: apart } = await build.generate(form);
  const name = partOf(sourceFolder, apart);
  const { output } = await build.write({
    dir: outputFolder,
    ...form,
    codeSplitting: { groups: [{ name, debugName: 'loaders' }], includeDependenciesRecursively: false },
  });
  await build.close();
  return output.flatMap((part) => (part.type === 'chunk' ? Object.keys(part.modules) : []));
}

/**
 * The name of the chunk that a module belongs in, by the loaders that import it, however indirectly; null where none does. What a
 * module imports has all of its loaders, so that no two chunks import each other.
 *
 * @param output chunks as they are when nothing is put together
 */
function partOf(
  sourceFolder: string,
  output: readonly (OutputChunk | OutputAsset)[],
): (module: string) => string | null {
  const chunks = output.filter((part) => part.type === 'chunk');
  const byFile = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const loadersOf = new Map<string, Set<string>>();
  const visit = (chunk: OutputChunk | undefined, loader: string): void => {
    if (!chunk || loadersOf.get(chunk.fileName)?.has(loader)) return;
    loadersOf.set(chunk.fileName, new Set(loadersOf.get(chunk.fileName)).add(loader));
    for (const file of chunk.imports) visit(byFile.get(file), loader);
  };
  for (const [loader, isLoader] of Object.entries(loaders)) {
    for (const chunk of chunks)
      if (chunk.moduleIds.some((module) => isLoader(relative(sourceFolder, module)))) visit(chunk, loader);
  }
  const parts = new Map<string, string>();
  for (const { fileName, moduleIds, isEntry, facadeModuleId } of chunks) {
    const loaded = loadersOf.get(fileName);
    // What an entry does when it is loaded is for that thread or process alone.
    for (const module of moduleIds)
      if (loaded && !(isEntry && module === facadeModuleId)) parts.set(module, [...loaded].join('-'));
  }
  return (module) => parts.get(module) ?? null;
}
