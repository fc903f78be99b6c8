import { CheckpointWriter } from '../../src/repository/checkpoint.ts';
import { exampleEntry, exampleHead } from '../format/example-checkpoint.ts';

/**
 * Appends entries to the checkpoint of the path given, eight at a time, until killed or refused, and says after each
 * how many are in the file.
 */
const writer = await CheckpointWriter.create(process.argv[2] ?? '', exampleHead, []);
let started = 0;
let finished = 0;
const appendOn = async (): Promise<void> => {
  for (;;) {
    started += 1;
    await writer.append(exampleEntry(String(started)));
    finished += 1;
    process.stdout.write(`saved ${finished}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, appendOn)).catch((error: unknown) => {
  process.stdout.write(`refused: ${String(error)}\n`);
});
