import { createHash } from 'node:crypto';

/** The last member of a manifest: the SHA-256 of all bytes before the line feed that it begins with. */
export function sealOf(sha256: string): string {
  return `\n"sha256":"${sha256}"\n}\n`;
}

const pattern = /^\n"sha256":"([0-9a-f]{64})"\n\}\n$/;
const length = sealOf('0'.repeat(64)).length;

/** Whether a text has the SHA-256 that closes it, from pieces of any size. */
export class SealCheck {
  readonly #hash = createHash('sha256');
  /** What may be the seal: the last bytes, as many as it has. */
  #tail = Buffer.alloc(0);

  push(text: Uint8Array): void {
    const all = text.length >= length ? text : Buffer.concat([this.#tail, text]);
    if (all === text) this.#hash.update(this.#tail);
    const sealed = Math.max(0, all.length - length);
    this.#hash.update(all.subarray(0, sealed));
    this.#tail = Buffer.from(all.subarray(sealed));
  }

  /** What is wrong with the seal; undefined where it holds. */
  end(): 'broken' | 'missing' | undefined {
    const seal = pattern.exec(this.#tail.toString('latin1'))?.[1];
    if (seal === undefined) return 'missing';
    return this.#hash.digest('hex') === seal ? undefined : 'broken';
  }
}
