import type { BenchSettings } from './settings.ts';
import type { Machine } from './machine.ts';

/** One thing measured, several times over. */
export interface Measured {
  /** What ran, as one would type it. */
  readonly label: string;
  /** Wall time of each whole process, in seconds. */
  readonly seconds: readonly number[];
  /** Most resident memory of each process, in bytes; empty where it was not measured. */
  readonly peakRssBytes: readonly number[];
}

/** A scenario: the program, and what it is held against, measured in turn in the same run. */
export interface Scenario {
  readonly name: string;
  /** Rows of the table, and the size of their COPY text in bytes. */
  readonly rows: number;
  readonly copyBytes: number;
  readonly ours: Measured;
  readonly other?: Measured;
  /**
   * By how much a run let the store grow, its manifest included, and what the changed rows are as COPY text, in bytes:
   * medians.
   */
  readonly shipped?: { readonly rows: number; readonly bytes: number; readonly changedBytes: number };
}

/** Fingerprints of all ranges of a cached table by one session, beside a plain scan of it: both in seconds. */
export interface FingerprintScan {
  readonly name: string;
  readonly rows: number;
  readonly ours: Measured;
  readonly other?: Measured;
}

/** What is written to `bench/results/`. */
export interface BenchResults {
  readonly date: string;
  readonly program: string;
  readonly machine: Machine;
  readonly settings: BenchSettings;
  readonly scenarios: readonly Scenario[];
  /** Absent in files of older versions. */
  readonly fingerprints?: readonly FingerprintScan[];
  readonly goals: readonly Goal[];
  readonly totalSeconds: number;
}

export interface Goal {
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}
