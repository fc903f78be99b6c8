/** What a command line lives in: the process, or a test. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The current folder. */
  readonly folder: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Milliseconds since 1970. */
  now(): number;
}

export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

/** Whether the stream is a terminal on which a line can be redrawn. */
export function canRedraw(stream: OutputStream, environment: Host['environment']): boolean {
  return stream.isTTY === true && environment['TERM'] !== 'dumb';
}

/** Whether to colour what goes to the stream (https://no-color.org). */
export function canColor(stream: OutputStream, environment: Host['environment']): boolean {
  return canRedraw(stream, environment) && (environment['NO_COLOR'] ?? '') === '';
}

/** Resolves when the text has left the process; a reader that went away (`| head`) is no failure. */
export function write(stream: OutputStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => {
      resolve();
    });
  });
}
