/** Shorter values occur in ordinary words, and the documented default password is no secret. */
const shortestSecret = 4;
const publicValues = new Set(['postgres']);

/**
 * The safety net of law 10: replaces values known to be secret in whatever is about to leave the process. Secrets
 * should never get this far; this is for the library message that quotes one.
 */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Adds a secret, also in the form it has inside a URL. Of a connection string only the password is one. */
  protect(secret: string | undefined): void {
    if (secret === undefined) return;
    for (const password of passwordsWithin(secret) ?? [secret]) {
      if (password.length < shortestSecret || publicValues.has(password)) continue;
      this.#secrets.add(password);
      this.#secrets.add(encodeURIComponent(password));
    }
  }

  redact(text: string): string {
    let safe = text;
    for (const secret of this.#secrets) safe = safe.replaceAll(secret, '[redacted]');
    return safe;
  }
}

/** The passwords in a connection URL or in libpq's `key=value` form, as written and decoded; undefined for other text. */
function passwordsWithin(text: string): string[] | undefined {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (!isUrl && !/^\s*[a-z_]+\s*=/.test(text)) return undefined;
  const patterns = isUrl
    ? [/^[^/]*\/\/[^/?#]*?:([^/?#]*)@/g, /[?&](?:ssl)?password=([^&#]*)/gi]
    : [/\b(?:ssl)?password\s*=\s*'((?:[^'\\]|\\.)*)'/g, /\b(?:ssl)?password\s*=\s*([^'\s]\S*)/g];
  const written = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
  return written.flatMap((password) => [password, isUrl ? decoded(password) : unescaped(password)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
