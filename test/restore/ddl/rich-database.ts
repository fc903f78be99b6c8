/**
 * A database of everything that is created again: enums, nested domains, composite types with arrays, ranges, collations,
 * standalone sequences, comments, grants, storage, extensions. It only has what PostgreSQL 14 knows.
 *
 * @param roles an owner of some of it, and one that is granted some of it
 */
export function richDatabase({ owner, reader }: { readonly owner: string; readonly reader: string }): string {
  return `
  CREATE SCHEMA app;
  CREATE SCHEMA "Odd; schema";
  CREATE SCHEMA seqs;
  CREATE EXTENSION citext SCHEMA app;
  CREATE EXTENSION hstore SCHEMA public;
  CREATE COLLATION app.german (provider = icu, locale = 'de-u-co-phonebk');
  CREATE COLLATION app.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE COLLATION "Odd; schema".plain (provider = libc, lc_collate = 'C', lc_ctype = 'C');
  CREATE TYPE app.mood AS ENUM ('sad', 'it''s ok', E'back\\\\slash', 'so-so', 'happy');
  CREATE DOMAIN app.positive AS integer DEFAULT 7 CONSTRAINT is_positive CHECK (VALUE > 0);
  CREATE DOMAIN "Odd; schema"."small; one" AS app.positive NOT NULL CHECK (VALUE < 1000) CHECK (VALUE <> 13);
  CREATE DOMAIN app.name AS varchar(40) COLLATE app.german CHECK (length(VALUE) > 1 AND VALUE <> ';');
  CREATE TYPE app.point3 AS (x numeric(10,2), y "Odd; schema"."small; one", label text COLLATE "C");
  CREATE TYPE app.shape AS (points app.point3[], mood app.mood, tags app.citext[]);
  CREATE TYPE app.span AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = app.spans);
  CREATE TYPE app.words AS RANGE (subtype = text, collation = "C");
  CREATE DOMAIN app.happy AS app.mood DEFAULT 'happy' CHECK (VALUE > 'sad'::app.mood);
  CREATE TYPE app.empty AS ();
  CREATE SEQUENCE seqs.shared START 100 INCREMENT 5 CACHE 3;
  CREATE TABLE app.people (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name app.name NOT NULL,
    mood app.mood DEFAULT 'so-so',
    happy app.happy,
    nick app.citext UNIQUE,
    facts public.hstore DEFAULT ''::public.hstore,
    number integer DEFAULT nextval('seqs.shared'),
    path app.point3,
    shapes app.shape[],
    span app.span, spans app.spans, words app.words,
    born date CHECK (born < '2100-01-01'),
    kind text COLLATE app.any_case DEFAULT 'x'
  ) WITH (fillfactor = 70, autovacuum_enabled = off, toast.autovacuum_enabled = off);
  CREATE TABLE "Odd; schema"."T; x" (
    a "Odd; schema"."small; one" PRIMARY KEY,
    b text COLLATE "Odd; schema".plain,
    person bigint CONSTRAINT to_person REFERENCES app.people,
    nothing app.empty
  );
  CREATE TABLE public.plain (id serial PRIMARY KEY, x text);
  CREATE INDEX people_kind ON app.people (kind, (lower(name)) COLLATE "C");
  CREATE UNIQUE INDEX people_born ON app.people (id) INCLUDE (born) WITH (fillfactor = 50) WHERE mood > 'sad';
  ALTER TABLE app.people ALTER kind SET STORAGE EXTERNAL, ALTER kind SET COMPRESSION pglz, ALTER born SET STATISTICS 17;
  ALTER TABLE app.people REPLICA IDENTITY FULL;
  ALTER TABLE public.plain REPLICA IDENTITY USING INDEX plain_pkey;
  INSERT INTO app.people (name, happy, nick, facts, path, shapes, span, spans, words) SELECT
    'name ' || n, 'happy', 'Nick' || n, public.hstore('a', n::text), ROW(n, n % 999 + 1 + (n % 999 = 12)::int, 'p')::app.point3,
    ARRAY[ROW(ARRAY[ROW(1.5, 5, NULL), ROW(2, 6, 'q')]::app.point3[], 'sad', '{A,b}')::app.shape],
    app.span(0, n), app.spans(app.span(0, 1), app.span(5, 5 + n)), app.words('a', 'b') FROM generate_series(1, 300) AS n;
  INSERT INTO "Odd; schema"."T; x" SELECT n, 'b' || n, n, ROW()::app.empty FROM generate_series(20, 150) AS n;
  INSERT INTO public.plain (x) SELECT 'x' || n FROM generate_series(1, 100) AS n;
  COMMENT ON SCHEMA app IS 'The schema''s comment \\';
  COMMENT ON TABLE app.people IS E'People;\\n-- all of them';
  COMMENT ON COLUMN app.people.name IS 'their name';
  COMMENT ON CONSTRAINT people_pkey ON app.people IS 'the key';
  COMMENT ON CONSTRAINT people_born_check ON app.people IS 'not too late';
  COMMENT ON CONSTRAINT to_person ON "Odd; schema"."T; x" IS 'whose';
  COMMENT ON INDEX app.people_kind IS 'by kind';
  COMMENT ON SEQUENCE seqs.shared IS 'shared';
  COMMENT ON SEQUENCE app.people_id_seq IS 'of people';
  COMMENT ON TYPE app.mood IS 'moods';
  COMMENT ON TYPE app.point3 IS 'a point';
  COMMENT ON COLUMN app.point3.x IS 'across';
  COMMENT ON DOMAIN app.positive IS 'more than nothing';
  COMMENT ON CONSTRAINT is_positive ON DOMAIN app.positive IS 'really';
  COMMENT ON COLLATION app.german IS 'phone book';
  ALTER SCHEMA app OWNER TO ${owner};
  ALTER TABLE app.people OWNER TO ${owner};
  ALTER TYPE app.mood OWNER TO ${owner};
  ALTER TYPE app.point3 OWNER TO ${owner};
  ALTER DOMAIN app.positive OWNER TO ${owner};
  ALTER COLLATION app.german OWNER TO ${owner};
  ALTER SEQUENCE seqs.shared OWNER TO ${owner};
  GRANT USAGE ON SCHEMA app TO ${reader} WITH GRANT OPTION;
  GRANT SELECT, INSERT ON app.people TO ${reader};
  GRANT SELECT ON public.plain TO PUBLIC;
  GRANT UPDATE (name, born) ON app.people TO ${reader} WITH GRANT OPTION;
  GRANT USAGE ON SEQUENCE seqs.shared TO ${reader};
  GRANT SELECT ON SEQUENCE app.people_id_seq TO ${reader};
  REVOKE TRUNCATE ON app.people FROM ${owner};
  REVOKE USAGE ON TYPE app.mood FROM PUBLIC;
  GRANT USAGE ON TYPE app.mood TO ${reader};
  `;
}

export const richTables = ['app.people', '"Odd; schema"."T; x"', 'public.plain'];
