/** Tells how far memory grows by many objects, and what is left of that after they are gone and the heap was given some room. */
import { keepHeapSmall, RoomForBuffers } from '../../src/core/small-heap.ts';

keepHeapSmall();
const residentBytes = (): number => process.memoryUsage.rss();

new RoomForBuffers().giveSome();
const before = residentBytes();
let objects: object[] = [];
for (let index = 0; index < 1_000_000; index++) objects.push({ index, name: `row ${index}` });
const grown = residentBytes();
objects = [];
new RoomForBuffers().giveSome();
process.stdout.write(JSON.stringify({ grownBy: grown - before, left: residentBytes() - before, objects }));
