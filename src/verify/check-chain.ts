import type { ManifestReference } from '../format/manifest.ts';
import type { RestorePoint } from '../repository/manifests.ts';
import type { Finding } from './finding.ts';

/** A manifest as a link of the chain. */
export interface ChainLink extends RestorePoint {
  /** SHA-256 of the object as stored, lower-case hex. */
  readonly sha256: string;
  /** What it names as its parent; undefined where it is too damaged to tell. */
  readonly parent: ManifestReference | null | undefined;
  readonly problem: Pick<Finding, 'code' | 'detail'> | undefined;
}

/**
 * Checks that every manifest is the one that the next names as its parent, by SHA-256, down to the root, and that the
 * newest is not older than the head that was remembered. All that is wrong is told, each fault once: what follows from
 * another finding is left out.
 *
 * @param links oldest first
 * @param remembered the head of the chain as the checkpoint knows it
 */
export function checkChain(
  links: readonly ChainLink[],
  remembered: ManifestReference | null,
  objectKey: (key: string) => string,
): Finding[] {
  const byKey = new Map(links.map((link) => [link.key, link]));
  const findings: Finding[] = [];
  const add = (code: Finding['code'], key: string, detail: string) =>
    findings.push({ code, object: objectKey(key), detail });
  for (const { key, problem, parent } of links) {
    if (problem) add(problem.code, key, problem.detail);
    if (!parent) continue;
    const found = byKey.get(parent.key);
    if (!found) add('MANIFEST_MISSING', parent.key, `${objectKey(key)} names it as its parent`);
    else if (found.sha256 !== parent.sha256 && !found.problem)
      add('MANIFEST_CHANGED', parent.key, changed(found, parent, objectKey(key)));
  }
  for (const link of unnamed(links, byKey)) {
    add('MANIFEST_NOT_IN_CHAIN', link.key, 'no later manifest names it as its parent');
  }
  return [...findings, ...checkRemembered(links, byKey, remembered, objectKey)];
}

/** Manifests that none names, where the next newer one could have. */
function unnamed(links: readonly ChainLink[], byKey: ReadonlyMap<string, ChainLink>): ChainLink[] {
  const named = new Set(links.map(({ parent }) => parent?.key));
  return links.filter((link, index) => {
    const next = links[index + 1];
    if (!next || named.has(link.key)) return false;
    return next.parent === null || (next.parent !== undefined && byKey.has(next.parent.key));
  });
}

function checkRemembered(
  links: readonly ChainLink[],
  byKey: ReadonlyMap<string, ChainLink>,
  remembered: ManifestReference | null,
  objectKey: (key: string) => string,
): Finding[] {
  if (!remembered) return [];
  const { key } = remembered;
  const found = byKey.get(key);
  const object = objectKey(key);
  if (found?.sha256 === remembered.sha256) return [];
  if (found?.problem) return [];
  if (found) {
    return [{ code: 'MANIFEST_CHANGED', object, detail: changed(found, remembered, 'the checkpoint') }];
  }
  const newest = links.at(-1);
  const isRollback = !newest || newest.key < key;
  const detail = newest
    ? `the checkpoint remembers it, and the newest in the store is ${objectKey(newest.key)}`
    : 'the checkpoint remembers it, and the store holds no manifest';
  return [{ code: isRollback ? 'MANIFEST_ROLLED_BACK' : 'MANIFEST_MISSING', object, detail }];
}

function changed(found: ChainLink, expected: ManifestReference, by: string): string {
  return `its SHA-256 is ${found.sha256}, and ${by} names it by ${expected.sha256}`;
}
