import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The licences of all packages that `modules` belong to, as text: who copies their code must copy these.
 *
 * @param modules absolute paths
 * @throws Error for a package that names no licence
 */
export function thirdPartyLicences(modules: readonly string[]): string {
  const folders = new Set(
    modules.filter((path) => path.includes('/node_modules/')).map((path) => packageFolder(dirname(path))),
  );
  const parts = [...folders].map(licenceOf).sort();
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** Where a package begins: what has a name and a version, unlike a package.json that only sets the type of modules. */
function packageFolder(folder: string): string {
  const path = join(folder, 'package.json');
  if (existsSync(path) && 'version' in readJson(path)) return folder;
  return packageFolder(dirname(folder));
}

function licenceOf(folder: string): string {
  const { name, version, license } = readJson(join(folder, 'package.json'));
  if (typeof license !== 'string') throw new Error(`${folder} names no licence`);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return `${[`${String(name)} ${String(version)} (${license})`, ...texts].join('\n\n')}\n`;
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}
