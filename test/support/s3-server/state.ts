import type { ChecksumName } from './checksums.ts';

export type Checksums = Readonly<Partial<Record<ChecksumName, string>>>;

export interface S3Object {
  readonly body: Buffer;
  /** With its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  readonly metadata: Readonly<Record<string, string>>;
  /** Headers given at the put that come back at a get: content type, storage class, encryption, … */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksums: Checksums;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface S3Part {
  readonly body: Buffer;
  readonly etag: string;
  readonly checksums: Checksums;
}

export interface S3Upload {
  readonly key: string;
  readonly begunAt: Date;
  readonly metadata: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, S3Part>;
}

export interface S3Bucket {
  readonly region: string;
  readonly objects: Map<string, S3Object>;
  readonly uploads: Map<string, S3Upload>;
  /** Object keys that are not deleted: what a retention without versions does. */
  readonly locked: Set<string>;
}

export function newBucket(region: string): S3Bucket {
  return { region, objects: new Map(), uploads: new Map(), locked: new Set() };
}

/** How far the server is a modern one; the defaults are Amazon's behaviour. */
export interface S3ServerSettings {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of sessions that have ended: what is signed with them is answered with ExpiredToken. */
  readonly expiredKeyIds: readonly string[];
  /** Of new buckets without a location constraint. */
  readonly region: string;
  /** Objects on one page of a listing. */
  readonly pageSize: number;
  /**
   * `ignored` and `refused` are older stores: neither takes aws-chunked bodies (411); the first overlooks the
   * checksum headers, the second answers them with NotImplemented.
   */
  readonly checksums: 'checked' | 'ignored' | 'refused';
  /** Whether a body is compared with the SHA-256 that its request is signed with. */
  readonly signedBodies: 'checked' | 'ignored';
  readonly conditions: 'checked' | 'ignored' | 'refused';
  /** How entity tags are known in If-Match: `bare` takes none with quotes, and answers 412 for a missing object. */
  readonly matchedEtags: 'any' | 'bare';
  /** Whether bodies of errors have a message. */
  readonly errorMessages: boolean;
  /** Whether an entity tag is an MD5, which it is not under encryption with a KMS key. */
  readonly md5Etags: boolean;
  /** Buckets of somebody else: their names are taken. */
  readonly foreignBuckets: readonly string[];
  /** Whether deleted objects become noncurrent versions, and whether Object Lock protects those. */
  readonly versioning: 'none' | 'enabled' | 'locked' | 'unknown';
  /** With `ignored` a listing gives its first page for ever. */
  readonly continuationTokens: 'known' | 'ignored';
  /** On every answer, beside its own. */
  readonly answerHeaders: Readonly<Record<string, string>>;
  /** Milliseconds that the server's clock is ahead. */
  readonly clockOffset: number;
}

export const defaultSettings: S3ServerSettings = {
  accessKeyId: 'TESTACCESSKEY',
  secretAccessKey: 'test-secret-access-key',
  expiredKeyIds: [],
  region: 'us-east-1',
  pageSize: 1000,
  checksums: 'checked',
  signedBodies: 'checked',
  conditions: 'checked',
  matchedEtags: 'any',
  errorMessages: true,
  md5Etags: true,
  foreignBuckets: [],
  versioning: 'none',
  continuationTokens: 'known',
  answerHeaders: {},
  clockOffset: 0,
};
