import { expect, test } from 'vitest';
import { SharedWork } from '../../src/core/shared-work.ts';

/** Work that ends when it is told to. */
function controlled() {
  const begun: { readonly subject: string; readonly end: PromiseWithResolvers<void> }[] = [];
  const shared = new SharedWork((subject) => {
    const end = Promise.withResolvers<void>();
    begun.push({ subject, end });
    return end.promise;
  });
  return { shared, begun };
}

test('serves all who ask while it goes on by one turn that begins afterwards', async () => {
  const { shared, begun } = controlled();
  const first = shared.run('a');
  const others = Promise.all([shared.run('a'), shared.run('a'), shared.run('a')]);
  expect(begun).toHaveLength(1);
  begun[0]?.end.resolve();
  await first;
  await Promise.resolve();
  expect(begun).toHaveLength(2);
  const later = shared.run('a');
  begun[1]?.end.resolve();
  await others;
  await Promise.resolve();
  expect(begun).toHaveLength(3);
  begun[2]?.end.resolve();
  await later;
});

test('keeps subjects apart', async () => {
  const { shared, begun } = controlled();
  const all = Promise.all([shared.run('a'), shared.run('b')]);
  expect(begun.map(({ subject }) => subject)).toEqual(['a', 'b']);
  for (const { end } of begun) end.resolve();
  await all;
});

test('fails those whom the failed turn served, and nobody after them', async () => {
  const { shared, begun } = controlled();
  const first = shared.run('a');
  const second = shared.run('a');
  begun[0]?.end.reject(new Error('no space'));
  await expect(first).rejects.toThrow('no space');
  await Promise.resolve();
  begun[1]?.end.resolve();
  await second;
  expect(begun).toHaveLength(2);
});
