import { inspect } from 'node:util';

const redacted = '[redacted]';

/** A value that must not be printed: every usual way to turn it into text gives `[redacted]` (law 10). */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself: only where it is handed to the library that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

/**
 * A URL without its password and without query parameters that carry one, fit to be printed (law 10). A password with
 * reserved characters that nobody escaped ends at the last `@`: rather too much is hidden than a part of it shown.
 */
export function redactUrl(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#:]*):(?!\d{1,5}(?:[/?#,]|$)).*@/is, `$1:${redacted}@`)
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*?):[^/?#]*@/is, `$1:${redacted}@`)
    .replace(/([?&](?:ssl)?passw(?:or)?d=)[^&#]*/gi, `$1${redacted}`);
}
