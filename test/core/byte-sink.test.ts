import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteSink } from '../../src/core/byte-sink.ts';

const count = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(1000),
  fc.integer({ min: 0, max: 15 }).map((power) => 10 ** power),
);
const bytes = fc.uint8Array({ maxLength: 100 });

/** Something to write, with the text that it is to become. */
const write = fc.oneof(
  fc
    .string({ unit: 'grapheme', maxLength: 100 })
    .map((text) => ({ text, to: (sink: ByteSink) => sink.text(text) })),
  count.map((number) => ({ text: String(number), to: (sink: ByteSink) => sink.integer(number) })),
  fc.tuple(count, fc.integer({ min: 1, max: 9 })).map(([number, digits]) => ({
    text: String(number).padStart(digits, '0'),
    to: (sink: ByteSink) => sink.padded(number, digits),
  })),
  bytes.map((some) => ({
    text: Buffer.from(some).toString('hex'),
    to: (sink: ByteSink) => sink.hex(some, 0, some.length),
  })),
  fc.tuple(fc.stringMatching(/^[a-z]{0,90}$/), fc.nat(10)).map(([text, start]) => ({
    text: text.slice(start),
    to: (sink: ByteSink) => sink.copy(Buffer.from(text), Math.min(start, text.length)),
  })),
);

test('what is written stands one behind the other, in memory of its own once it was taken', () => {
  fc.assert(
    fc.property(fc.array(write), fc.array(write), (first, second) => {
      const sink = new ByteSink(1);
      const taken = [first, second].map((writes) => {
        for (const { to } of writes) to(sink);
        return sink.take();
      });
      expect(taken.map(String)).toEqual(
        [first, second].map((writes) => writes.map(({ text }) => text).join('')),
      );
      expect(sink.length).toBe(0);
    }),
  );
});
