import { BackupError } from '../../core/errors.ts';
import type { CollationDefinition, DatabaseObjects, TypeDefinition } from '../../format/manifest.ts';
import { checkSchemaName } from '../check-schema-name.ts';
import { checkConstraint, checkExpression, checkName } from '../sql/check-fragment.ts';
import { checkCollation, checkType } from '../sql/check-type.ts';
import { refused } from '../sql/tokenize.ts';

/**
 * Proves that what a manifest says of types, collations, extensions and schemas cannot do more than make them (law 8).
 *
 * @throws BackupError `E_MANIFEST_DAMAGED`, `E_USAGE`
 */
export function checkObjects({ schemas, extensions, collations, types }: DatabaseObjects): void {
  for (const { name } of schemas) checkSchemaName(name);
  for (const { schema } of [...extensions, ...collations, ...types]) checkSchemaName(schema);
  for (const type of types) checkTypeDefinition(type);
  for (const collation of collations) checkLocale(collation);
  const names = [
    ...collations.map((one) => ['collation', one] as const),
    ...types.map((one) => ['type', one] as const),
  ];
  const seen = new Set<string>();
  for (const [kind, { schema, name }] of names) {
    const id = JSON.stringify([kind, schema, name]);
    if (seen.has(id))
      throw new BackupError('E_MANIFEST_DAMAGED', `the restore point has ${kind} ${schema}.${name} twice`);
    seen.add(id);
  }
}

function checkTypeDefinition(type: TypeDefinition): void {
  switch (type.kind) {
    case 'enum':
      return;
    case 'domain':
      checkType(type.base);
      if (type.collation !== null) checkCollation(type.collation);
      if (type.default !== null) checkExpression(type.default);
      for (const { definition } of type.constraints) checkConstraint('check', definition);
      return;
    case 'composite':
      for (const attribute of type.attributes) {
        checkType(attribute.type);
        if (attribute.collation !== null) checkCollation(attribute.collation);
      }
      return;
    case 'range':
      checkType(type.subtype);
      checkSchemaName(type.multirangeSchema);
      if (type.collation !== null) checkCollation(type.collation);
      if (type.operatorClass !== null) checkName(type.operatorClass);
      if (type.difference !== null) checkName(type.difference);
      return;
  }
}

function checkLocale({ provider, locale, collate, ctype }: CollationDefinition): void {
  const isWhole = provider === 'libc' ? collate !== null && ctype !== null : locale !== null;
  if (!isWhole) throw refused('a collation without a locale', provider);
}
