import fc from 'fast-check';
import { count, identifier, sha256, sql, text } from './arbitrary-values.ts';

const few = { maxLength: 2 } as const;
export const comment = fc.option(text);
const privileges = fc.array(
  fc.record({
    grantee: fc.option(identifier),
    privilege: fc.constantFrom('SELECT', 'INSERT', 'USAGE', 'MAINTAIN'),
    grantable: fc.boolean(),
  }),
  few,
);
const access = { grants: privileges, revokes: privileges, comment };
const relationName = { schema: identifier, name: identifier };

export const relationAccess = { owner: fc.option(identifier), ...access };

export const relationFacts = {
  ...relationAccess,
  options: fc.array(text, few),
  replicaIdentity: fc.constantFrom('default' as const, 'full' as const, 'nothing' as const, 'index' as const),
  replicaIndex: fc.option(identifier),
  needs: fc.record({
    extensions: fc.array(identifier, few),
    collations: fc.array(fc.record(relationName), few),
    types: fc.array(fc.record(relationName), few),
  }),
};

export const columnFacts = {
  comment,
  grants: privileges,
  storage: fc.constantFrom('external' as const, 'main' as const, null),
  compression: fc.constantFrom('lz4' as const, null),
  statistics: fc.option(fc.nat({ max: 10_000 })),
};

const ownedFacts = { owner: identifier, ...access };
const typeFacts = { ...relationName, ...ownedFacts };
const name = fc.option(sql);

const type = fc.oneof(
  fc.record({ ...typeFacts, kind: fc.constant('enum' as const), labels: fc.array(text, few) }),
  fc.record({
    ...typeFacts,
    kind: fc.constant('domain' as const),
    base: sql,
    collation: name,
    notNull: fc.boolean(),
    default: name,
    constraints: fc.array(fc.record({ name: identifier, definition: sql, comment }), few),
  }),
  fc.record({
    ...typeFacts,
    kind: fc.constant('composite' as const),
    attributes: fc.array(fc.record({ name: identifier, type: sql, collation: name, comment }), few),
  }),
  fc.record({
    ...typeFacts,
    kind: fc.constant('range' as const),
    subtype: sql,
    operatorClass: name,
    collation: name,
    canonical: name,
    difference: name,
    multirange: identifier,
    multirangeSchema: identifier,
  }),
);

const collation = fc.record({
  ...relationName,
  owner: identifier,
  comment,
  provider: fc.constantFrom('libc' as const, 'icu' as const, 'builtin' as const),
  deterministic: fc.boolean(),
  locale: comment,
  collate: comment,
  ctype: comment,
  rules: comment,
});

export const databaseObjects = fc.record({
  schemas: fc.array(fc.record({ name: identifier, ...ownedFacts }), few),
  extensions: fc.array(fc.record({ name: identifier, schema: identifier, version: text }), few),
  collations: fc.array(collation, few),
  types: fc.array(type, few),
});

export const schemaDump = fc.option(
  fc.record({
    key: fc.constant('schemas/schema_20250527_000750.sql'),
    bytes: count,
    sha256,
    contentSha256: sha256,
    pgDump: text,
  }),
);
