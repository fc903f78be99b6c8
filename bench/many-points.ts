import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes the one restore point of a file store the newest of `count`, an hour apart, each with the SHA-256 of its parent:
 * as if that many runs had found nothing changed.
 */
export async function multiplyPoints(folder: string, count: number): Promise<void> {
  const manifests = join(folder, 'manifests');
  const [name, ...others] = await readdir(manifests);
  if (name === undefined || others.length > 0) throw new Error(`${manifests} does not hold one manifest`);
  const text = await readFile(join(manifests, name), 'utf8');
  const newest = new Date(valueOf(text, 'committedAt')).getTime();
  await rm(join(manifests, name));
  await mkdir(manifests, { recursive: true });
  let parent: { key: string; sha256: string } | null = null;
  for (let age = count - 1; age >= 0; age -= 1) {
    const committedAt = new Date(newest - age * 3_600_000).toISOString();
    const stamp = committedAt.slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
    const key = `manifests/backup_manifest_${stamp}.json`;
    const changed = { runId: age === 0 ? valueOf(text, 'runId') : randomUUID(), committedAt, parent };
    const point = sealed(
      Object.entries(changed).reduce((all, [member, value]) => withMember(all, member, value), text),
    );
    await writeFile(join(folder, key), point);
    parent = { key, sha256: sha256(point) };
  }
}

function memberPattern(member: string): RegExp {
  return new RegExp(`^"${member}":(.*),$`, 'm');
}

function valueOf(text: string, member: string): string {
  const json = memberPattern(member).exec(text)?.[1];
  if (json === undefined) throw new Error(`the manifest has no line of ${member}`);
  return JSON.parse(json) as string;
}

function withMember(text: string, member: string, value: unknown): string {
  return text.replace(memberPattern(member), () => `"${member}":${JSON.stringify(value)},`);
}

/** With the SHA-256 that closes it made anew. */
function sealed(text: string): string {
  const body = text.slice(0, text.lastIndexOf('\n"sha256":'));
  return `${body}\n"sha256":"${sha256(body)}"\n}\n`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
