import type { ManifestReference } from '../format/manifest.ts';
import type { RemovedManifest } from '../format/removal.ts';
import type { RestorePoint } from '../repository/manifests.ts';
import type { Finding } from './finding.ts';

/** A manifest as a link of the chain. */
export interface ChainLink extends RestorePoint {
  /** SHA-256 of the object as stored, lower-case hex. */
  readonly sha256: string;
  /** What it names as its parent; undefined where it is too damaged to tell. */
  readonly parent: ManifestReference | null | undefined;
  readonly problem: Pick<Finding, 'code' | 'detail'> | undefined;
  /** It was listed, and gone when it was to be read. */
  readonly isGone?: boolean;
}

/** What the chain is followed through: a manifest that is there, or the record of one that retention removed. */
type Link = Pick<ChainLink, 'key' | 'sha256' | 'parent' | 'problem'> & { readonly isRemoved: boolean };

/**
 * Checks that every manifest is the one that the next names as its parent, by SHA-256, down to the root, and that the
 * newest is not older than the head that was remembered. Over the gaps that retention left it goes by the records of what
 * was removed. All that is wrong is told, each fault once: what follows from another finding is left out.
 *
 * @param present oldest first
 * @param remembered the head of the chain as the checkpoint knows it
 * @param removed what retention tells to have removed
 */
export function checkChain(
  present: readonly ChainLink[],
  remembered: ManifestReference | null,
  objectKey: (key: string) => string,
  removed: readonly RemovedManifest[] = [],
): Finding[] {
  const links = allLinks(present, removed);
  const byKey = new Map(links.map((link) => [link.key, link]));
  const oldest = present[0]?.key ?? '';
  const findings: Finding[] = [];
  const add = (code: Finding['code'], key: string, detail: string) =>
    findings.push({ code, object: objectKey(key), detail });
  for (const { key, problem, parent, isRemoved } of links) {
    if (problem) add(problem.code, key, problem.detail);
    if (!parent) continue;
    const found = byKey.get(parent.key);
    // Records of what is older than all that is left are removed themselves.
    if (!found && isRemoved && parent.key < oldest) continue;
    if (!found) add('MANIFEST_MISSING', parent.key, `${objectKey(key)} names it as its parent`);
    else if (found.sha256 !== parent.sha256 && !found.problem)
      add('MANIFEST_CHANGED', parent.key, changed(found, parent, objectKey(key)));
  }
  for (const link of unnamed(links, byKey)) {
    add('MANIFEST_NOT_IN_CHAIN', link.key, 'no later manifest names it as its parent');
  }
  return [...findings, ...checkRemembered(links, byKey, remembered, objectKey)];
}

/**
 * In the order of their keys, which is that of time. Of a manifest that is there, the record of its removal means nothing;
 * one that went while the chain was read counts as removed where the record says so.
 */
function allLinks(present: readonly ChainLink[], removed: readonly RemovedManifest[]): Link[] {
  const records = new Map(removed.map((entry) => [entry.key, entry]));
  const there = present.filter(({ key, isGone }) => isGone !== true || !records.has(key));
  for (const { key } of there) records.delete(key);
  const links: Link[] = [
    ...there.map((link) => ({ ...link, isRemoved: false })),
    ...[...records.values()].map((entry) => ({ ...entry, problem: undefined, isRemoved: true })),
  ];
  return records.size === 0 ? links : links.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Manifests that none names, where the next newer one could have. */
function unnamed(links: readonly Link[], byKey: ReadonlyMap<string, Link>): Link[] {
  const named = new Set(links.map(({ parent }) => parent?.key));
  return links.filter((link, index) => {
    const next = links[index + 1];
    if (!next || named.has(link.key) || link.isRemoved) return false;
    return next.parent === null || (next.parent !== undefined && byKey.has(next.parent.key));
  });
}

function checkRemembered(
  links: readonly Link[],
  byKey: ReadonlyMap<string, Link>,
  remembered: ManifestReference | null,
  objectKey: (key: string) => string,
): Finding[] {
  if (!remembered) return [];
  const { key } = remembered;
  const found = byKey.get(key);
  const object = objectKey(key);
  const newest = links.findLast(({ isRemoved }) => !isRemoved);
  // Retention never removes the newest, but where it is damaged (law 6).
  const isLeft = newest !== undefined && newest.key > key;
  const isSame = found?.sha256 === remembered.sha256;
  if (isSame && (!found?.isRemoved || isLeft || found.parent === undefined)) return [];
  if (found?.problem) return [];
  if (found && !isSame) {
    return [{ code: 'MANIFEST_CHANGED', object, detail: changed(found, remembered, 'the checkpoint') }];
  }
  const isRollback = !newest || newest.key < key;
  const detail = newest
    ? `the checkpoint remembers it, and the newest in the store is ${objectKey(newest.key)}`
    : 'the checkpoint remembers it, and the store holds no manifest';
  return [{ code: isRollback ? 'MANIFEST_ROLLED_BACK' : 'MANIFEST_MISSING', object, detail }];
}

function changed(found: Pick<ChainLink, 'sha256'>, expected: ManifestReference, by: string): string {
  return `its SHA-256 is ${found.sha256}, and ${by} names it by ${expected.sha256}`;
}
