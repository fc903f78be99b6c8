import {
  adjectives,
  adverbs,
  articlesOfSpeech,
  names,
  nouns,
  numbers,
  oddities,
  places,
  prepositions,
  units,
  verbs,
} from './article-words.ts';

/** Words as one run of bytes, escaped for COPY text. */
export interface WordList {
  readonly bytes: Uint8Array;
  /** Word n lies in [ends[n], ends[n + 1]). */
  readonly ends: Uint32Array;
  readonly count: number;
}

const copyEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

/** One list for each word of a sentence. */
export const sentencePatterns = [
  'D a n v d n .',
  'D n i N v d a n a0 .',
  'N v d a n i P .',
  'I P , d n v # u i d n .',
  'A0 , d a n v d n i d n .',
  'D n v d n i d a n , a0 v N .',
  '# u i d a n i P v d n ; d n v N .',
  'D a , a n i P a0 v d n ?',
].map(compile);
export const titlePatterns = ['A n v n', 'N v a n i P', 'P : # u i d n', 'A n i P', 'D n v N , a n v'].map(
  compile,
);
export const oddityList = wordList(oddities);

/** Letters stand for lists; each word brings the space before it, the first excepted. */
function compile(pattern: string): WordList[] {
  return pattern.split(' ').map((letter, index) => {
    const before = index === 0 || /^[.,;:?]$/.test(letter) ? '' : ' ';
    return wordList(listOf(letter).map((word) => before + word));
  });
}

function listOf(letter: string): readonly string[] {
  const lists: Readonly<Record<string, readonly string[]>> = {
    a: adjectives,
    a0: adverbs,
    d: articlesOfSpeech,
    i: prepositions,
    n: nouns,
    v: verbs,
    u: units,
    '#': numbers,
    N: names,
    P: places,
    A: adjectives.map(capitalised),
    A0: adverbs.map(capitalised),
    D: articlesOfSpeech.map(capitalised),
    I: prepositions.map(capitalised),
  };
  return lists[letter] ?? [letter];
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function wordList(words: readonly string[]): WordList {
  const encoded = words.map((word) => Buffer.from(escapeCopyText(word)));
  const ends = new Uint32Array(encoded.length + 1);
  for (const [index, word] of encoded.entries()) ends[index + 1] = (ends[index] ?? 0) + word.length;
  return { bytes: Buffer.concat(encoded), ends, count: encoded.length };
}

function escapeCopyText(text: string): string {
  return text.replace(/[\\\n\r\t\b\f\v]/g, (character) => copyEscapes[character] ?? character);
}
