import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Dice, literal } from '../oracle/dice.ts';
import type { Scene } from './scene.ts';

/** Writes until it is told to stop: transactions short and long, with savepoints, some of them rolled back. */
export async function write(scene: Scene, number: number): Promise<void> {
  const dice = new Dice(scene.seed * 100 + number);
  while (!scene.isOver()) {
    const client = await scene.connect();
    try {
      await client.query(`SET soak.writer = ${number}; SET synchronous_commit = off`);
      await client.query(`INSERT INTO truth VALUES (${number}, 0, 0, 0) ON CONFLICT DO NOTHING`);
      while (!scene.isOver()) await transaction(client, dice, scene);
    } catch {
      // The server was restarted, or this session ended by somebody.
      scene.tally.add('writer connections lost');
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function transaction(client: pg.Client, dice: Dice, scene: Scene): Promise<void> {
  await client.query('BEGIN');
  const steps = dice.chance(0.1) ? dice.int(10, 30) : dice.int(1, 4);
  for (let step = 0; step < steps; step++) {
    const undone = dice.chance(0.1);
    if (undone) await client.query('SAVEPOINT s');
    await client.query(change(dice, scene));
    if (undone) await client.query('ROLLBACK TO SAVEPOINT s');
    await sleep(dice.int(0, 12));
  }
  const keeps = dice.chance(0.9);
  await client.query(keeps ? 'COMMIT' : 'ROLLBACK');
  scene.tally.add(keeps ? 'transactions committed' : 'transactions rolled back');
}

function change(dice: Dice, scene: Scene): string {
  const text = literal(`${dice.words(dice.int(1, 20))} ${dice.fresh()}`);
  const anywhere = dice.int(1, scene.lastId);
  switch (dice.weighted({ insert: 6, late: 1, update: 4, delete: 1.5, note: 2, forget: 0.4 })) {
    case 'insert':
      return `INSERT INTO articles VALUES (${(scene.lastId += 1)}, ${text}, repeat(${text}, ${dice.int(1, 60)}), random())`;
    case 'late':
      return `INSERT INTO articles VALUES (${anywhere}, 'late', ${text}, 'NaN') ON CONFLICT DO NOTHING`;
    case 'update':
      return `UPDATE articles SET title = ${text}, score = random() WHERE id BETWEEN ${anywhere} AND ${anywhere + dice.int(0, 3)}`;
    case 'delete':
      return `DELETE FROM articles WHERE id = ${anywhere}`;
    case 'note':
      return `INSERT INTO notes VALUES (${text}, now())`;
    case 'forget':
    default:
      return 'DELETE FROM notes WHERE ctid IN (SELECT ctid FROM notes LIMIT 2)';
  }
}
