/** Something that the program must do, and did not. */
export class Unmet extends Error {
  override readonly name = 'Unmet';
}

/** An exercise that makes no sense here. */
export class NotTried extends Error {
  override readonly name = 'NotTried';
}

/** @throws Unmet */
export function demand(isMet: boolean, otherwise: string): void {
  if (!isMet) throw new Unmet(otherwise);
}

/** What exercises read of the `--json` result of a command. */
export function fieldsOf(result: unknown): Readonly<Record<string, unknown>> {
  return typeof result === 'object' && result !== null ? (result as Record<string, unknown>) : {};
}

/** Code and message of the error in a result; undefined where there is none. */
export function errorIn(result: unknown): { readonly code: string; readonly message: string } | undefined {
  const { code, message } = fieldsOf(fieldsOf(result)['error']);
  return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined;
}
