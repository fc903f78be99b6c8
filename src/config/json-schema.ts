import { z } from 'zod';
import type { OptionDefinition } from './option-types.ts';
import { keyOf, optionNames, optionOf } from './options.ts';
import { expectation, nativeSchema } from './value-schema.ts';

type JsonObject = Record<string, unknown>;

/** Values of a config file may come from the environment: `${NAME}`, alone or within text. */
const fromEnvironment = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}' };

/** The JSON Schema of a config file, for editors. */
export function configFileSchema(): JsonObject {
  const properties: JsonObject = {};
  for (const name of optionNames) {
    const definition = optionOf(name);
    if (definition.inFile === false) continue;
    properties[keyOf(name)] = propertySchema(definition);
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'storydredge-backup config file',
    description:
      'Options of storydredge-backup. ${NAME} and ${NAME:-default} in values come from the environment.',
    type: 'object',
    additionalProperties: false,
    properties,
  };
}

function propertySchema(definition: OptionDefinition): JsonObject {
  const anyText = definition.kind === 'string' && definition.pattern === undefined;
  const shared: JsonObject = {
    description: anyText ? definition.doc : `${definition.doc} (${expectation(definition)})`,
  };
  if ('default' in definition && definition.default !== undefined) shared['default'] = definition.default;
  const forms = [...nativeForms(definition), fromEnvironment];
  return { ...shared, anyOf: forms };
}

/** The ways to write a value without variables. */
function nativeForms(definition: OptionDefinition): JsonObject[] {
  const { $schema: _, ...native } = z.toJSONSchema(nativeSchema(definition)) as JsonObject;
  switch (definition.kind) {
    case 'bytes':
      return [native, { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*([kKmMgG]?[iI]?[bB])?$' }];
    case 'rate':
      return [
        native,
        { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*([kKmMgG]?[iI]?[bB])?(\\s*/\\s*[sS])?$' },
      ];
    case 'duration':
      return [{ type: 'string', pattern: '^(\\d+[smhdw])+$' }];
    case 'list':
      return [native, { type: 'string', pattern: '\\S' }];
    case 'string':
    case 'integer':
    case 'enum':
    case 'boolean':
    case 'pairs':
    default:
      return [native];
  }
}
