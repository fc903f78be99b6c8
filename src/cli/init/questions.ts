import { createInterface } from 'node:readline/promises';
import { keyOf, optionOf, type OptionName } from '../../config/options.ts';
import { expectation, parseValue } from '../../config/value-schema.ts';
import { BackupError } from '../../core/errors.ts';
import type { Host } from '../host.ts';

/** A question: the option it settles, and what an empty answer means. */
export interface Question {
  readonly name: OptionName;
  readonly suggestion: string;
}

/**
 * Asks on the terminal, again where an answer makes no sense. Resolves to what was answered; an empty answer without
 * suggestion settles nothing. Rejects with E_INTERRUPTED on Ctrl-C and Ctrl-D.
 */
export async function askQuestions(
  questionsFor: (answers: ReadonlyMap<OptionName, unknown>) => Question | undefined,
  host: Host,
  signal: AbortSignal,
): Promise<ReadonlyMap<OptionName, unknown>> {
  const left = new AbortController();
  const terminal = createInterface({ input: host.stdin, output: host.stderr, terminal: true });
  const leave = () => {
    left.abort(
      new BackupError('E_INTERRUPTED', 'stopped before all was answered; nothing was written', {
        hint: 'Run init again, or give the answers as flags with --yes.',
      }),
    );
  };
  // On a terminal in line-editing mode Ctrl-C is a key, and reaches no signal handler.
  terminal.on('SIGINT', leave).on('close', leave);
  const answers = new Map<OptionName, unknown>();
  const either = AbortSignal.any([signal, left.signal]);
  try {
    for (let next = questionsFor(answers); next; next = questionsFor(answers)) {
      answers.set(next.name, await askUntilValid(next));
    }
    return answers;
  } catch (error) {
    throw either.aborted ? either.reason : error;
  } finally {
    terminal.close();
  }

  async function askUntilValid({ name, suggestion }: Question): Promise<unknown> {
    const definition = optionOf(name);
    for (;;) {
      const shown = suggestion === '' ? '' : ` [${suggestion}]`;
      const typed = await terminal.question(`${definition.doc}\n${keyOf(name)}${shown}: `, {
        signal: either,
      });
      const answer = typed.trim() || suggestion;
      if (answer === '') return undefined;
      const value = parseValue(definition, answer);
      if (value !== undefined) return value;
      host.stderr.write(`It must be ${expectation(definition)}.\n`);
    }
  }
}
