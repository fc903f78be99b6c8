import { z } from 'zod';
import type { OptionDefinition } from './option-types.ts';
import { formatBytes, formatDuration, parseBytes, parseDuration, parseRate } from './units.ts';

/** The schema of an option's value once it has its own type: what a config file holds when it uses no text form. */
export function nativeSchema(definition: OptionDefinition): z.ZodType {
  switch (definition.kind) {
    case 'string':
      return definition.pattern
        ? z.string().regex(new RegExp(definition.pattern.source))
        : z.string().regex(/\S/);
    case 'integer':
    case 'bytes':
    case 'rate':
    case 'duration':
      return z.int().min(definition.min).max(definition.max);
    case 'enum':
      return z.enum(definition.values);
    case 'boolean':
      return z.boolean();
    case 'list':
      return z.array(z.string().regex(/\S/)).min(1);
    case 'pairs':
    default:
      return z
        .record(z.string().regex(/\S/), z.string())
        .refine((pairs) => Object.keys(pairs).length <= definition.max);
  }
}

/** What the value must be, in words that follow "must be". */
export function expectation(definition: OptionDefinition): string {
  switch (definition.kind) {
    case 'string':
      return definition.pattern?.words ?? 'text that is not empty';
    case 'integer':
      return `a whole number from ${count(definition.min)} to ${count(definition.max)}`;
    case 'bytes':
      return `a size from ${formatBytes(definition.min)} to ${formatBytes(definition.max)}, such as 8MiB`;
    case 'rate':
      return `a rate from ${formatBytes(definition.min)}/s to ${formatBytes(definition.max)}/s, such as 50MB/s`;
    case 'duration':
      return `a time from ${formatDuration(definition.min)} to ${formatDuration(definition.max)}, such as 26h`;
    case 'enum':
      return `one of ${definition.values.join(', ')}`;
    case 'boolean':
      return 'true or false';
    case 'list':
      return 'one or more names';
    case 'pairs':
    default:
      return `at most ${definition.max} pairs such as team=data`;
  }
}

/**
 * The typed value of `raw`, which is text (a flag, an environment variable, a config value after expansion) or a
 * value of the config file. Undefined where it is not what `expectation` says.
 */
export function parseValue(definition: OptionDefinition, raw: unknown): unknown {
  const native = typeof raw === 'string' ? fromText(definition, raw) : raw;
  // A bare number is no duration: 26 of what?
  if (definition.kind === 'duration' && typeof raw === 'number') return undefined;
  return nativeSchema(definition).safeParse(native).data;
}

function fromText(definition: OptionDefinition, text: string): unknown {
  switch (definition.kind) {
    case 'string':
    case 'enum':
      return text;
    case 'integer':
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    case 'bytes':
      return parseBytes(text);
    case 'rate':
      return parseRate(text);
    case 'duration':
      return parseDuration(text);
    case 'boolean':
      return switchFromText(text);
    case 'list':
      return splitAtCommas(text);
    case 'pairs':
    default:
      return pairsFromText(text);
  }
}

function switchFromText(text: string): boolean | undefined {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  return /^(false|0|no|off)$/i.test(text) ? false : undefined;
}

function splitAtCommas(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function pairsFromText(text: string): Record<string, string> | undefined {
  const pairs = splitAtCommas(text).map((pair) => /^([^=]+)=(.*)$/.exec(pair));
  if (pairs.length === 0 || pairs.includes(null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
