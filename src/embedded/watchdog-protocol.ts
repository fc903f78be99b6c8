/** Major versions that come as npm packages. */
export type PostgresMajor = 14 | 15 | 16 | 17 | 18;

/** PEM texts for a server that accepts TLS connections. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
  /** Certificates of the authorities that may sign client certificates. */
  readonly authorities?: string;
}

/** A place where `initdb` and `postgres` may be. */
export interface BinaryCandidate {
  /** The folder that holds both programs. */
  readonly bin: string;
  /** The npm package's folder, when they come from one: it can be completed and copied. */
  readonly packageFolder?: string;
}

/** What the watchdog is to create. */
export interface ServerPlan {
  /** Major version the server must have; any supported one when absent. */
  readonly major?: PostgresMajor;
  /** Tried in this order. */
  readonly candidates: readonly BinaryCandidate[];
  /** Folders that may hold the server's folder, the first that its user can reach is taken. */
  readonly parentFolders: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly ssl?: ServerCertificate;
  /** Lines of `pg_hba.conf` that come before the default ones. */
  readonly hba?: readonly string[];
}

/** `fast` ends sessions and writes a checkpoint; `immediate` is a crash: the next start recovers from WAL. */
export type ShutdownMode = 'fast' | 'immediate';

export type WatchdogOrder =
  | { readonly verb: 'create'; readonly plan: ServerPlan }
  | { readonly verb: 'start' }
  | { readonly verb: 'stop'; readonly mode: ShutdownMode };

export interface ServerFacts {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly major: number;
  /** Process id of the postmaster; undefined while the server is stopped. */
  readonly pid?: number;
}

export interface WatchdogRequest {
  readonly id: number;
  readonly order: WatchdogOrder;
}

export type WatchdogReply =
  | { readonly id: number; readonly facts: ServerFacts }
  | { readonly id: number; readonly failure: string; readonly hint?: string };
