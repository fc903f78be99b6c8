/**
 * Generated newspaper articles. A row depends on the seed and its own number alone, so any slice of the
 * endless series can be made again. Words are copied as bytes, already escaped for COPY: making an article
 * costs a few microseconds, much less than PostgreSQL takes to store it.
 */
import { oddityList, sentencePatterns, titlePatterns, type WordList } from './article-sentences.ts';
import { adjectives, nouns, publications } from './article-words.ts';
import { Random } from './random.ts';

/** The table that this program serves by default. */
export const articlesTable = `CREATE TABLE articles (
    id SERIAL PRIMARY KEY, title TEXT NOT NULL, content TEXT NOT NULL, publication TEXT NOT NULL,
    source_url TEXT NOT NULL, timestamp TIMESTAMP NOT NULL, quality_score FLOAT NOT NULL,
    newsworthiness_score FLOAT NOT NULL, unusualness_score FLOAT NOT NULL )`;

/** Columns of a generated row, in order: all but `id`, which the table's sequence gives. */
export const articleColumns = [
  'title',
  'content',
  'publication',
  'source_url',
  'timestamp',
  'quality_score',
  'newsworthiness_score',
  'unusualness_score',
] as const;

export interface ArticleSeries {
  /** Rows to make. */
  readonly count: number;
  /** Integer that chooses the series; 1 when absent. */
  readonly seed?: number;
  /** Number of the first row within the series; 0 when absent. */
  readonly first?: number;
}

/** Size of a buffer, and the room that a row is sure to find in it, in bytes. */
const bufferBytes = 1024 * 1024;
const longestRow = 64 * 1024;
/** Lengths of contents are log-normal: median e^7.86 ≈ 2,600 bytes, mean about 3,000. */
const lengthMu = 7.86;
const lengthSigma = 0.55;
const [shortest, longest] = [150, 40_000];

const newline = 0x0a;
const tab = 0x09;
const space = 0x20;
const paragraphBreak = Buffer.from(String.raw`\n\n`);

/** COPY text of the rows, in buffers of up to a MiB that each hold whole rows. */
export function* articleRows({ count, seed = 1, first = 0 }: ArticleSeries): Generator<Buffer, void> {
  let out = Buffer.allocUnsafeSlow(bufferBytes);
  let length = 0;
  for (let number = first; number < first + count; number += 1) {
    if (length > bufferBytes - longestRow) {
      yield out.subarray(0, length);
      out = Buffer.allocUnsafeSlow(bufferBytes);
      length = 0;
    }
    length = writeArticle(out, length, number, new Random(seed, number));
  }
  if (length > 0) yield out.subarray(0, length);
}

function writeArticle(out: Buffer, start: number, number: number, random: Random): number {
  let at = writeSentence(out, start, pick(titlePatterns, random), random);
  if (random.below(16) === 0) {
    out[at] = space;
    at = writeWord(out, at + 1, oddityList, random.below(oddityList.count));
  }
  out[at] = tab;
  at = writeContent(out, at + 1, random);
  out[at] = tab;
  at += 1 + out.write(tailFields(number, random), at + 1, 'utf8');
  out[at] = newline;
  return at + 1;
}

function writeContent(out: Buffer, start: number, random: Random): number {
  const wanted = Math.exp(lengthMu + lengthSigma * random.normal());
  const end = start + Math.min(Math.max(wanted, shortest), longest);
  let at = start;
  while (at < end) {
    if (at > start) {
      if (random.below(6) === 0) at += paragraphBreak.copy(out, at);
      else out[at++] = space;
    }
    at = writeSentence(out, at, pick(sentencePatterns, random), random);
    if (random.below(20) === 0) {
      out[at] = space;
      at = writeWord(out, at + 1, oddityList, random.below(oddityList.count));
    }
  }
  return at;
}

function writeSentence(out: Buffer, start: number, pattern: readonly WordList[], random: Random): number {
  let at = start;
  for (const list of pattern) at = writeWord(out, at, list, random.below(list.count));
  return at;
}

function writeWord(out: Buffer, start: number, list: WordList, word: number): number {
  const { bytes, ends } = list;
  const end = ends[word + 1] ?? 0;
  let at = start;
  // Byte by byte is quicker than a call of copy() for words of some six bytes.
  for (let from = ends[word] ?? 0; from < end; from += 1) out[at++] = bytes[from] ?? 0;
  return at;
}

/** The columns after `content`. */
function tailFields(number: number, random: Random): string {
  const publication = pick(publications, random);
  // One article in some three minutes, with microseconds except for every eighth.
  const seconds = Date.UTC(2024, 0, 1) / 1000 + number * 180 + random.below(180);
  const [date = '', time = ''] = new Date(seconds * 1000).toISOString().slice(0, 19).split('T');
  const fraction = random.below(8) === 0 ? '' : `.${String(random.below(1_000_000)).padStart(6, '0')}`;
  const slug = `${pick(adjectives, random)}-${pick(nouns, random)}`;
  const host = `www.${publications.indexOf(publication)}.news.example`;
  const url = `https://${host}/${date.replaceAll('-', '/')}/${slug}-${number}?utm_source=feed&ref=%C3%A9`;
  const scores = [random.fraction(), random.fraction() * 10, random.fraction() ** 12].map((score) =>
    random.below(4) === 0 ? score.toFixed(2) : String(score),
  );
  return [publication, url, `${date} ${time}${fraction}`, ...scores].join('\t');
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.below(list.length)] as T;
}
