import type { PutOptions } from '../store.ts';
import { failureOf } from './failure.ts';

/** What has been learnt about conditions on this store; undefined until a probe or a refusal tells. */
export interface Conditions {
  supported: boolean | undefined;
  /** `If-Match` knows entity tags only without the quotes that they are told with: so it is in Ceph 16. */
  bareEtags?: boolean;
}

export function conditionInput(
  { ifAbsent, ifMatch }: PutOptions,
  { bareEtags }: Conditions,
): { IfNoneMatch?: string; IfMatch?: string } {
  if (ifAbsent === true) return { IfNoneMatch: '*' };
  if (ifMatch === undefined) return {};
  return { IfMatch: bareEtags === true ? ifMatch.replaceAll('"', '') : ifMatch };
}

export function nameOf(options: PutOptions): 'ifAbsent' | 'ifMatch' | undefined {
  if (options.ifAbsent === true) return 'ifAbsent';
  return options.ifMatch === undefined ? undefined : 'ifMatch';
}

/** Some stores do not ignore a condition they do not know but refuse the request: notes it, and tells whether. */
export function learnUnsupported(conditions: Conditions, options: PutOptions, error: unknown): boolean {
  const failure = failureOf(error);
  const isUnknown = failure?.status === 501 || failure?.name === 'NotImplemented';
  if (!isUnknown || conditions.supported === false || nameOf(options) === undefined) return false;
  conditions.supported = false;
  return true;
}
