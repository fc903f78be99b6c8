import { expect, test } from 'vitest';
import { fileFixture, s3Fixture, type BackupFixture } from '../../support/backup-fixture.ts';

/** 400 articles of 120 kB: a dozen of them is a chunk whose memory goes back and forth between threads. */
async function fill({ database }: BackupFixture): Promise<void> {
  await database.client.query(
    `UPDATE articles SET content = repeat(md5(id::text), 3750) || id WHERE id <= 400;
     DELETE FROM articles WHERE id > 400`,
  );
}

const large = ['--chunk-size', '12', '--max-workers', '4'];

test('puts that are answered late, not at all or by a failure send what was read, while others are read', async () => {
  const fixture = await s3Fixture({ rows: 400 });
  await fill(fixture);
  const { faults } = fixture.server;
  const put = { operation: 'PutObject', key: 'chunks/', times: 2 } as const;
  faults.add({ ...put, effect: 'lost-response' });
  faults.add({ ...put, after: 2, effect: 'reset-mid-body' });
  faults.add({ ...put, after: 2, effect: 'status-500' });
  faults.add({ ...put, after: 2, effect: 'slow-down' });
  faults.add({ ...put, after: 2, effect: 'flip-bit' });
  faults.add({ ...put, after: 2, effect: 'stall-upload' });
  await fixture.backup(...large, '--store-timeout', '2s');
  expect(faults.left).toBe(0);
  expect(await fixture.restored()).toEqual(await fixture.articles());
});

test('with a store that refuses each third operation, each chunk is what was read', async () => {
  const fixture = await fileFixture({ rows: 400, env: { STORYDREDGE_STORE_FAULT: 'slow-down:3' } });
  await fill(fixture);
  await fixture.backup(...large);
  expect(await fixture.restored()).toEqual(await fixture.articles());
});
