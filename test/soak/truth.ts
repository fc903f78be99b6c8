/**
 * A source that says of itself what it holds. Each change of a row adds to a row of `truth`, in the same transaction, how many
 * rows there are more and what the sum of their hashes changes by. So whatever snapshot a restore point is of, the rows
 * that it restores must add up to the truth that it restores; and its steps tell how new it is.
 */
import type pg from 'pg';

export const schema = `
  CREATE TABLE articles (id bigint PRIMARY KEY, title text NOT NULL, content text, score double precision);
  CREATE TABLE notes (body text, at timestamptz);
  CREATE TABLE truth (writer int PRIMARY KEY, rows bigint NOT NULL, sum numeric NOT NULL, steps bigint NOT NULL);
  CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE more int := 0; difference numeric := 0;
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      more := more - 1;
      difference := difference - hashtextextended(OLD::text, 0);
    END IF;
    IF TG_OP <> 'DELETE' THEN
      more := more + 1;
      difference := difference + hashtextextended(NEW::text, 0);
    END IF;
    UPDATE truth SET rows = rows + more, sum = sum + difference, steps = steps + 1
     WHERE writer = current_setting('soak.writer')::int;
    RETURN NULL;
  END $$;
  CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE ON articles FOR EACH ROW EXECUTE FUNCTION count_change();
  CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE ON notes FOR EACH ROW EXECUTE FUNCTION count_change();
`;

/** How many changes are committed. */
export async function stepsOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ steps: string }>(
    'SELECT coalesce(sum(steps), 0) AS steps FROM truth',
  );
  return Number(rows[0]?.steps);
}

export interface Found {
  readonly rows: number;
  readonly steps: number;
  /** What does not add up; undefined where all does. */
  readonly problem: string | undefined;
}

/** Holds the rows of a restored database against the truth in it. */
export async function checkTruth(client: pg.Client): Promise<Found> {
  const { rows } = await client.query<{
    rows: string;
    told: string;
    sum: string;
    sum_told: string;
    steps: string;
  }>(
    `SELECT found.rows, found.sum, truth.rows AS told, truth.sum AS sum_told, truth.steps
       FROM (SELECT count(*) AS rows, coalesce(sum(hashtextextended(line, 0)), 0) AS sum
               FROM (SELECT a::text AS line FROM articles AS a UNION ALL SELECT n::text FROM notes AS n) AS l) AS found,
            (SELECT sum(rows) AS rows, sum(sum) AS sum, sum(steps) AS steps FROM truth) AS truth`,
  );
  const [row] = rows;
  if (!row) throw new Error('the truth is gone');
  const isSame = row.rows === row.told && BigInt(row.sum) === BigInt(row.sum_told);
  return {
    rows: Number(row.rows),
    steps: Number(row.steps),
    problem: isSame
      ? undefined
      : `${row.rows} rows with sum ${row.sum} rather than ${row.told} with ${row.sum_told}`,
  };
}
