import { chunkPrefix } from '../../../format/keys.ts';
import { demand, errorIn, fieldsOf } from '../expectations.ts';
import type { Exercise } from '../exercise.ts';
import type { Place } from '../place.ts';
import type { Stage } from '../stage.ts';

const damageFound = 4;

/** The codes of what a verification found, all of which must name this object. */
async function foundIn(place: Place, key: string, flags: readonly string[]): Promise<string> {
  const { findings } = await place.fail('verify', damageFound, flags);
  const found = Array.isArray(findings) ? findings.map(fieldsOf) : [];
  const others = found.filter(({ object }) => object !== place.objectKey(key));
  demand(found.length > 0, 'verify told of no damage');
  demand(others.length === 0, `verify named ${String(others[0]?.['object'])} and not only ${key}`);
  return found.map(({ code }) => String(code)).join(', ');
}

async function restoreRefuses(place: Place): Promise<void> {
  await place.source.dropRestored();
  const end = await place.run('restore', place.restoreFlags());
  const code = errorIn(end.result)?.code ?? 'no code';
  demand(end.exitCode !== 0, 'restore of a damaged restore point told success');
  demand(code !== 'E_INTERNAL', 'restore of a damaged restore point failed with E_INTERNAL');
  demand(!(await place.source.hasRestored()), 'restore of a damaged restore point left a table');
}

async function damagedChunk(
  place: Place,
  damage: (key: string) => Promise<void>,
  flags: readonly string[],
): Promise<string> {
  const [chunk = ''] = await place.keys(chunkPrefix);
  await damage(chunk);
  const codes = await foundIn(place, chunk, flags);
  await restoreRefuses(place);
  await place.succeed('repair');
  await place.succeed('verify', flags);
  return `verify named that chunk (${codes}), restore refused, and repair put its rows back`;
}

async function flippedBit(stage: Stage): Promise<string> {
  const place = await stage.place('G1');
  const flip = async (key: string): Promise<void> => {
    const body = Buffer.from(await place.get(key));
    const middle = body.length >> 1;
    body[middle] = (body[middle] ?? 0) ^ 1;
    await place.replace(key, body);
  };
  return damagedChunk(place, flip, ['--deep']);
}

async function deletedChunk(stage: Stage): Promise<string> {
  const place = await stage.place('G2');
  return damagedChunk(place, (key) => place.delete(key), []);
}

async function truncatedManifest(stage: Stage): Promise<string> {
  const place = await stage.place('G3');
  const newest = (await place.points()).at(-1) ?? '';
  const body = await place.get(newest);
  await place.replace(newest, body.subarray(0, body.length >> 1));
  const codes = await foundIn(place, newest, []);
  await restoreRefuses(place);
  return `verify named that manifest (${codes}), and restore refused`;
}

async function rolledBack(stage: Stage): Promise<string> {
  const place = await stage.changedPlace('G4');
  await place.succeed('backup');
  const newest = (await place.points()).at(-1) ?? '';
  await place.delete(newest);
  const codes = await foundIn(place, newest, []);
  await place.succeed('backup');
  return `verify told of it (${codes}); the next run completed, and ${await place.rowsRestored()} rows are the source's`;
}

export const damageExercises: readonly Exercise[] = [
  { id: 'G1', title: 'one bit of a chunk flipped', try: flippedBit },
  { id: 'G2', title: 'chunk deleted', try: deletedChunk },
  { id: 'G3', title: 'newest manifest cut off', try: truncatedManifest },
  { id: 'G4', title: 'newest manifest deleted', try: rolledBack },
];
