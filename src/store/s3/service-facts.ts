import type { ServiceFacts } from '../store.ts';
import type { Conditions } from './conditions.ts';
import type { AnswerHeaders, S3Session } from './open-client.ts';

/** What a connection has seen of the service it talks to. */
export interface ServiceSeen {
  readonly name: string | undefined;
  /** The newest; undefined before the first request. */
  readonly session: S3Session | undefined;
  readonly refusedChecksums: boolean;
}

/** Of Ceph's RADOS gateway, which in older versions sends no Server header: `tx…-seconds-instance-zone`. */
const cephRequestId = /^tx[0-9a-f]{21}-[0-9a-f]{10}-[0-9a-f]+-/;

/** What a service is, by one of its answers. The header is the store's word: it is cut, and has no control characters (law 8). */
export function serviceName(headers: AnswerHeaders): string | undefined {
  if (cephRequestId.test(headers['x-amz-request-id'] ?? '')) return 'Ceph RADOS gateway';
  const text = (headers['server'] ?? '').replace(/[^\x20-\x7e]/g, '').trim();
  return text === '' ? undefined : text.slice(0, 60);
}

/** Tells what was adapted to the service. What the options ask for is no adaptation. */
export function serviceFacts(
  { name, session, refusedChecksums }: ServiceSeen,
  { supported, bareEtags }: Conditions,
): ServiceFacts {
  const adaptations = [
    session?.endpoint === undefined ? undefined : 'path-style requests',
    session?.isRegionAssumed === true ? `region ${session.region}, as none is named` : undefined,
    refusedChecksums ? 'Content-MD5 in place of SHA-256 checksums, which it refuses' : undefined,
    bareEtags === true ? 'entity tags without quotes in If-Match' : undefined,
    supported === false ? 'a look before each put in place of If-None-Match' : undefined,
  ];
  return { name, adaptations: adaptations.filter((phrase) => phrase !== undefined) };
}
