import { z } from 'zod';
import { collationProviders } from './database-objects.ts';
import { count, identifier, relationName, sha256, sql, text } from './schema-parts.ts';

/** Privileges are words in SQL: no other word gets there (law 8). */
const privileges = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'TRUNCATE',
  'REFERENCES',
  'TRIGGER',
  'MAINTAIN',
  'USAGE',
  'CREATE',
] as const;

export const privilegesSchema = z.array(
  z.object({ grantee: identifier.nullable(), privilege: z.enum(privileges), grantable: z.boolean() }),
);

export const commentSchema = text.nullable();
const access = { owner: identifier, grants: privilegesSchema, revokes: privilegesSchema };

export const schemaDefinitionSchema = z.object({ name: identifier, ...access, comment: commentSchema });

export const extensionSchema = z.object({ name: identifier, schema: identifier, version: text });

export const collationSchema = z.object({
  ...relationName,
  owner: identifier,
  comment: commentSchema,
  provider: z.enum(collationProviders),
  deterministic: z.boolean(),
  locale: text.nullable(),
  collate: text.nullable(),
  ctype: text.nullable(),
  rules: text.nullable(),
});

const typeFacts = { ...relationName, ...access, comment: commentSchema };

export const typeSchema = z.discriminatedUnion('kind', [
  z.object({ ...typeFacts, kind: z.literal('enum'), labels: z.array(text) }),
  z.object({
    ...typeFacts,
    kind: z.literal('domain'),
    base: sql,
    collation: sql.nullable(),
    notNull: z.boolean(),
    default: sql.nullable(),
    constraints: z.array(z.object({ name: identifier, definition: sql, comment: commentSchema })),
  }),
  z.object({
    ...typeFacts,
    kind: z.literal('composite'),
    attributes: z
      .array(z.object({ name: identifier, type: sql, collation: sql.nullable(), comment: commentSchema }))
      .max(1600),
  }),
  z.object({
    ...typeFacts,
    kind: z.literal('range'),
    subtype: sql,
    operatorClass: sql.nullable(),
    collation: sql.nullable(),
    canonical: sql.nullable(),
    difference: sql.nullable(),
    multirange: identifier,
    multirangeSchema: identifier,
  }),
]);

export const needsSchema = z.object({
  extensions: z.array(identifier),
  collations: z.array(z.object(relationName)),
  types: z.array(z.object(relationName)),
});

export const schemaDumpSchema = z.object({
  key: z.string().regex(/^schemas\/schema_\d{8}_\d{6}\.sql$/),
  bytes: count,
  sha256,
  contentSha256: sha256,
  pgDump: z.string().max(200),
});
