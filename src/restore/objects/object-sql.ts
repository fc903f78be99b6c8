import { BackupError } from '../../core/errors.ts';
import type {
  CollationDefinition,
  DomainConstraint,
  ExtensionDefinition,
  RangeType,
  TypeAttribute,
  TypeDefinition,
} from '../../format/manifest.ts';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '../../postgres/quote.ts';
import type { QualifiedName } from '../sql/names.ts';

export function createExtensionSql({ name, schema }: ExtensionDefinition): string {
  return `CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(name)} SCHEMA ${quoteIdentifier(schema)}`;
}

export function createCollationSql(collation: CollationDefinition): string {
  const { provider, deterministic, locale, collate, ctype, rules } = collation;
  const options = [`PROVIDER = ${provider}`];
  if (locale !== null) options.push(`LOCALE = ${quoteLiteral(locale)}`);
  if (collate !== null) options.push(`LC_COLLATE = ${quoteLiteral(collate)}`);
  if (ctype !== null) options.push(`LC_CTYPE = ${quoteLiteral(ctype)}`);
  if (!deterministic) options.push('DETERMINISTIC = false');
  if (rules !== null) options.push(`RULES = ${quoteLiteral(rules)}`);
  return `CREATE COLLATION ${nameSql(collation)} (${options.join(', ')})`;
}

/**
 * Creates a type; a domain without its constraints.
 *
 * @throws BackupError `E_TARGET_TYPE` for a range type with a function of its own that makes values canonical
 */
export function createTypeSql(type: TypeDefinition): string {
  const name = nameSql(type);
  if (type.kind === 'enum')
    return `CREATE TYPE ${name} AS ENUM (${type.labels.map(quoteLiteral).join(', ')})`;
  if (type.kind === 'composite')
    return `CREATE TYPE ${name} AS (${type.attributes.map(attributeSql).join(', ')})`;
  if (type.kind === 'range') return `CREATE TYPE ${name} AS RANGE (${rangeOptions(type).join(', ')})`;
  const fallback = type.default === null ? '' : ` DEFAULT (${type.default})`;
  return `CREATE DOMAIN ${name} AS ${type.base}${collate(type)}${fallback}${type.notNull ? ' NOT NULL' : ''}`;
}

function attributeSql(attribute: TypeAttribute): string {
  return `${quoteIdentifier(attribute.name)} ${attribute.type}${collate(attribute)}`;
}

function rangeOptions(type: RangeType): string[] {
  if (type.canonical !== null) {
    throw new BackupError(
      'E_TARGET_TYPE',
      `the target lacks the range type ${type.schema}.${type.name}, which needs its function ${type.canonical}`,
    );
  }
  const options = [
    `SUBTYPE = ${type.subtype}`,
    `MULTIRANGE_TYPE_NAME = ${quoteQualified(type.multirangeSchema, type.multirange)}`,
  ];
  if (type.operatorClass !== null) options.push(`SUBTYPE_OPCLASS = ${type.operatorClass}`);
  if (type.collation !== null) options.push(`COLLATION = ${type.collation}`);
  if (type.difference !== null) options.push(`SUBTYPE_DIFF = ${type.difference}`);
  return options;
}

/** @param unproved adds it for new values only, without running it on those that are there */
export function addDomainConstraintSql(
  domain: QualifiedName,
  { name, definition }: DomainConstraint,
  unproved: boolean,
): string {
  const rest = unproved && !isUnproved(definition) ? ' NOT VALID' : '';
  return `ALTER DOMAIN ${nameSql(domain)} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}${rest}`;
}

/** Whether a constraint was never proved for the values that are there. */
export function isUnproved(definition: string): boolean {
  return /\bNOT VALID$/.test(definition);
}

export function nameSql({ schema, name }: QualifiedName): string {
  return quoteQualified(schema, name);
}

function collate({ collation }: { readonly collation: string | null }): string {
  return collation === null ? '' : ` COLLATE ${collation}`;
}
