import { S3Error } from './s3-error.ts';

/**
 * What goes wrong with a request:
 * - a named answer, without the request being carried out (see `answers`), or any other as `{ status, code }`;
 * - `reset`: the connection is reset before anything is read; `reset-mid-body`: with half of the body through, of
 *   the request's for an upload, else of the answer's;
 * - `stall`: no answer ever; `stall-mid-body`: half of the answer's body, then nothing;
 * - `stall-upload`: the first bytes of the request's body are read, then nothing;
 * - `lost-response`: carried out, then the connection is reset;
 * - `vanish`: the object is removed, as by somebody else, before the request is carried out;
 * - `truncate`: half of the answer's body, with a Content-Length that says it is all;
 * - `flip-bit`: one bit is changed on the way, in the request's body for an upload, else in the answer's;
 * - `flip-key`: the same in the first key of a listing, which is of XML as before;
 * - `corrupt-stored`: one bit of what is stored is wrong, and the digests answered are those of the wrong bytes.
 */
export type FaultEffect =
  | keyof typeof answers
  | 'reset'
  | 'reset-mid-body'
  | 'stall'
  | 'stall-mid-body'
  | 'stall-upload'
  | 'lost-response'
  | 'vanish'
  | 'truncate'
  | 'flip-bit'
  | 'flip-key'
  | 'corrupt-stored'
  | { readonly status: number; readonly code: string };

export interface Fault {
  /** S3's name of the operation; every one when absent. */
  readonly operation?: string;
  /** Only requests whose key contains this. */
  readonly key?: string;
  /** Requests that go well first; 0 when absent. */
  readonly after?: number;
  /** Requests hit, 1 when absent. */
  readonly times?: number;
  readonly effect: FaultEffect;
}

const token = 'planted-session-token';

const answers = {
  'status-500': new S3Error(500, 'InternalError', 'We encountered an internal error. Please try again.'),
  'status-503': new S3Error(503, 'ServiceUnavailable'),
  'slow-down': new S3Error(503, 'SlowDown', 'Please reduce your request rate.'),
  'too-many-requests': new S3Error(429, 'TooManyRequests'),
  'request-timeout': new S3Error(400, 'RequestTimeout', 'Your socket connection to the server timed out.'),
  conflict: new S3Error(409, 'ConditionalRequestConflict'),
  // As Amazon's: the answer repeats the token.
  'expired-token': new S3Error(400, 'ExpiredToken', 'The provided token has expired.', {
    elements: { 'Token-0': token },
  }),
  'quota-exceeded': new S3Error(403, 'QuotaExceeded'),
} as const;

/** The answer that an effect stands for; undefined when it is of another kind. */
export function answerOf(effect: FaultEffect): S3Error | undefined {
  if (typeof effect === 'object') return new S3Error(effect.status, effect.code);
  return effect in answers ? answers[effect as keyof typeof answers] : undefined;
}

interface Armed extends Fault {
  toSkip: number;
  toHit: number;
}

/** The faults still to come. */
export class Faults {
  #armed: Armed[] = [];

  add(fault: Fault): void {
    this.#armed.push({ ...fault, toSkip: fault.after ?? 0, toHit: fault.times ?? 1 });
  }

  clear(): void {
    this.#armed = [];
  }

  /** Faults added and not used up: a test that planted one for nothing can tell. */
  get left(): number {
    return this.#armed.filter(({ toHit }) => toHit > 0).length;
  }

  /** What is to happen to a request; counts it. */
  take(operation: string, key: string): FaultEffect | undefined {
    const fits = (fault: Armed): boolean =>
      fault.toHit > 0 &&
      (fault.operation === undefined || fault.operation === operation) &&
      (fault.key === undefined || key.includes(fault.key));
    const fault = this.#armed.find(fits);
    if (fault === undefined) return undefined;
    if (fault.toSkip > 0) {
      fault.toSkip -= 1;
      return undefined;
    }
    fault.toHit -= 1;
    return fault.effect;
  }
}
