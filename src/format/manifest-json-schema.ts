import { z } from 'zod';
import { manifestSchema } from './manifest-schema.ts';

/** The JSON Schema of a manifest's text, its closing `sha256` included; unknown members are allowed. */
export function manifestJsonSchema(): object {
  const text = manifestSchema.extend({
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('SHA-256, lower-case hex, of all bytes before the line feed that precedes this member'),
  });
  const { $schema, ...rest } = z.toJSONSchema(text, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    title: 'Manifest of storydredge-backup',
    description: 'The object that commits a run and describes every table at one snapshot: a restore point.',
    ...rest,
  };
}
