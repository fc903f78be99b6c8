import type { CollationDefinition, TypeDefinition } from '../../format/manifest.ts';

/**
 * How a type of the target differs from the restore point's, for people; undefined where it can stand for it. Labels
 * that an enum has besides do no harm.
 *
 * @param strict false where only tables use it that the target has already: their values must mean the same, what else
 * a domain asks of them is the target's own matter
 */
export function typeDifference(
  wanted: TypeDefinition,
  found: TypeDefinition,
  strict: boolean,
): string | undefined {
  if (wanted.kind !== found.kind) return `it is ${found.kind} rather than ${wanted.kind}`;
  if (wanted.kind === 'enum' && found.kind === 'enum') return labelDifference(wanted.labels, found.labels);
  const [a, b] = [formOf(wanted, strict), formOf(found, strict)];
  return a === b ? undefined : `it is ${b} rather than ${a}`;
}

export function collationDifference(
  wanted: CollationDefinition,
  found: CollationDefinition,
): string | undefined {
  const form = ({ provider, deterministic, locale, collate, ctype, rules }: CollationDefinition) =>
    JSON.stringify([provider, deterministic, locale, collate, ctype, rules]);
  return form(wanted) === form(found) ? undefined : `it is ${form(found)} rather than ${form(wanted)}`;
}

/** The order counts: values are compared by it. */
function labelDifference(wanted: readonly string[], found: readonly string[]): string | undefined {
  const known = found.filter((label) => wanted.includes(label));
  if (known.join('\0') === wanted.join('\0')) return undefined;
  const missing = wanted.find((label) => !found.includes(label));
  return missing === undefined
    ? 'its labels are in another order'
    : `it lacks the label ${JSON.stringify(missing)}`;
}

function formOf(type: TypeDefinition, strict: boolean): string {
  return JSON.stringify(factsOf(type, strict));
}

function factsOf(type: TypeDefinition, strict: boolean): readonly unknown[] {
  if (type.kind === 'enum') return type.labels;
  if (type.kind === 'composite')
    return type.attributes.map(({ name, type: of, collation }) => [name, of, collation]);
  if (type.kind === 'range')
    return [type.subtype, type.operatorClass, type.collation, type.canonical, type.difference];
  const values = [type.base, type.collation];
  const checks = type.constraints.map(({ definition }) => definition).sort();
  return strict ? [...values, type.notNull, type.default, ...checks] : values;
}
