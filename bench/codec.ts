/**
 * How fast chunks are made and opened: `node bench/codec.ts`. Figures are MB of `COPY` text a second, the median of
 * several rounds, one at a time; the best round is beside it, as other programs on the machine only ever slow it down.
 */
import { compress, decompress } from '../src/chunk/compress.ts';
import { decodeRows } from '../src/chunk/decode-rows.ts';
import { digestRows, sha256 } from '../src/chunk/digest-rows.ts';
import { encodeRows } from '../src/chunk/encode-rows.ts';
import { openChunk } from '../src/chunk/open-chunk.ts';
import { sealChunk } from '../src/chunk/seal-chunk.ts';
import { compressions, type ColumnEncoding, type ColumnFormat } from '../src/format/columns.ts';
import { createRandom, type Random } from './random.ts';

interface Shape {
  readonly name: string;
  readonly columns: readonly ColumnFormat[];
  readonly copyText: Buffer;
}

const columnsOf = (...columns: [string, ColumnEncoding][]): ColumnFormat[] =>
  columns.map(([name, encoding]) => ({ name, encoding }));

function articles(random: Random): Shape {
  const rows = Array.from({ length: 1000 }, (_, id) => {
    let content = '';
    while (content.length < 2700) {
      const end = random.chance(0.02) ? '.\\n\\n' : random.chance(0.1) ? ', ' : ' ';
      content += (random.chance(0.01) ? `"${random.word()}"` : random.word()) + end;
    }
    const scores = Array.from({ length: 3 }, () => random.fraction()).join('\t');
    const source = `The ${random.word()}\thttps://example.com/${random.word()}/${id}`;
    return `${id}\t${random.word()} ${random.word()}\t${content}\t${source}\t2025-05-27 00:07:50.25\t${scores}\n`;
  });
  return {
    name: 'articles of 3 KB',
    columns: columnsOf(
      ['id', 'integer'],
      ['title', 'text'],
      ['content', 'text'],
      ['publication', 'text'],
      ['source_url', 'text'],
      ['timestamp', 'timestamp'],
      ['quality_score', 'float'],
      ['newsworthiness_score', 'float'],
      ['unusualness_score', 'float'],
    ),
    copyText: Buffer.from(rows.join('')),
  };
}

function narrowRows(random: Random): Shape {
  const rows = Array.from({ length: 50_000 }, (_, id) => {
    const time = `2025-05-27 00:07:50.${100_000 + id}+00`;
    return `${id}\t${Math.floor(random.fraction() * 1e6)}\t${random.word()}-${random.word()}\t${time}\t19.99\n`;
  });
  return {
    name: 'rows of 65 bytes',
    columns: columnsOf(
      ['id', 'integer'],
      ['customer', 'integer'],
      ['label', 'text'],
      ['created_at', 'timestamptz'],
      ['amount', 'text'],
    ),
    copyText: Buffer.from(rows.join('')),
  };
}

function documents(random: Random): Shape {
  const rows = Array.from({ length: 5000 }, (_, id) => {
    const pairs = Array.from({ length: 30 }, () => `"${random.word()}": "${random.word()}"`);
    return `${id}\t{${pairs.join(', ')}}\n`;
  });
  return {
    name: 'jsonb documents',
    columns: columnsOf(['id', 'integer'], ['document', 'text']),
    copyText: Buffer.from(rows.join('')),
  };
}

async function measure(step: string, bytes: number, run: () => unknown): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 25; round++) {
    const start = performance.now();
    await run();
    if (round >= 5) times.push(performance.now() - start);
  }
  times.sort((left, right) => left - right);
  const [median, best] = [times[times.length >> 1], times[0]].map((time) =>
    (bytes / 1000 / (time ?? 0)).toFixed(0),
  );
  console.log(`${step.padEnd(20)}${median?.padStart(8)} MB/s   best ${best?.padStart(6)}`);
}

async function measureShape({ name, columns, copyText }: Shape): Promise<void> {
  const json = encodeRows(copyText, columns);
  const size = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
  console.log(`\n${name}: ${size(copyText.length)} of COPY text, ${size(json.length)} of JSON`);
  await measure('encode', copyText.length, () => encodeRows(copyText, columns));
  await measure('decode', copyText.length, () => decodeRows(json, columns));
  await measure('digest', copyText.length, () => digestRows(copyText));
  await measure('SHA-256 of JSON', copyText.length, () => sha256(json));
  for (const compression of compressions) {
    const stored = await compress(json, compression);
    console.log(`${compression}: ${size(stored.length)}`);
    const sealed = await sealChunk(copyText, columns, compression);
    const entry = { ...sealed, number: 1, key: 'chunk', kind: 'base' as const };
    if (compression !== 'none') {
      await measure('  compress', copyText.length, () => compress(json, compression));
      await measure('  decompress', copyText.length, () => decompress(stored, compression, json.length));
    }
    await measure('  seal', copyText.length, () => sealChunk(copyText, columns, compression));
    await measure('  open', copyText.length, () => openChunk(sealed.body, entry, columns));
  }
}

const random = createRandom(20_250_527);
for (const shape of [articles(random), narrowRows(random), documents(random)]) await measureShape(shape);
