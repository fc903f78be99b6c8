import { fileURLToPath } from 'node:url';

/** Where the program lies: `src/` in a checkout, `dist/` when built. Both hold this module one folder down. */
const root = new URL('../', import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/**
 * The URL of a module that is started on its own, a thread or a process: it is not bundled with the one that asks.
 *
 * @param path below `src/`, without its extension: `backup/read-worker`
 */
export function programModule(path: string): URL {
  return new URL(`${path}${extension}`, root);
}

/** For V8's compile cache; undefined in a checkout, which changes all the time. */
export const compiledFolder = extension === '.js' ? fileURLToPath(new URL('compile-cache', root)) : undefined;

/**
 * The URL of a file of the package.
 *
 * @param path below the package's folder: `package.json`
 */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, root);
}
