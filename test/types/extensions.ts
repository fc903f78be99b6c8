import { literals, type TypeCase } from './type-case.ts';
import { words } from './texts.ts';

const of = (extension: string, schema = 'public') => ({
  before: `CREATE EXTENSION IF NOT EXISTS ${extension} SCHEMA ${schema}`,
});

/** Types that come with PostgreSQL as extensions. */
export const extensionCases: readonly TypeCase[] = [
  literals('citext', words, of('citext')),
  literals(
    'hstore',
    ['', 'a=>1,b=>NULL,c=>"NULL"', '""=>"", "a b"=>"x\\"y\\\\z"', '"=>"=>"\n,", é=>"\t"'],
    of('hstore'),
  ),
  literals('ltree', ['', 'a.b_1.C', 'Top'], of('ltree')),
  literals('lquery', ['*.a*@%.!b|c{1,2}'], of('ltree')),
  literals('ltxtquery', ['a & (b | !c*@)'], of('ltree')),
  literals('cube', ['(1,2),(3,4)', '(0)', '(1e-300,-0),(NaN,1)', '()'], of('cube')),
  literals('seg', ['1.00 .. 2.5', '< 5.0', '~7.10', '-1 ..'], of('seg')),
  literals('isbn13', ['978-0-393-04002-9'], of('isn')),
  literals('query_int', ['1&(2|!3)'], of('intarray')),
  literals('lo', ['0', '4294967295'], of('lo')),
];
