import type { BenchSettings } from './settings.ts';
import { pairedRatio } from './statistics.ts';
import type { Machine } from './machine.ts';

/** One thing measured, several times over. */
export interface Measured {
  /** What it is to the goals: `backup`, `copy`, `pg_dump`, … */
  readonly key: string;
  /** What ran, as one would type it. */
  readonly label: string;
  /** Wall time of each whole process, in seconds. */
  readonly seconds: readonly number[];
  /** Processor time of it and its children, the database's left out; empty where it was not measured. */
  readonly cpuSeconds: readonly number[];
  /** Processor time of all processes of the database server meanwhile. */
  readonly serverCpuSeconds: readonly number[];
  /** Most resident memory of each process, in bytes; empty where it was not measured. */
  readonly peakRssBytes: readonly number[];
  /** By how many bytes each let its store, its folder or its file grow; empty where it was not measured. */
  readonly storedBytes: readonly number[];
  /** What an incremental run shipped, and the size of the changed rows as COPY text: medians. */
  readonly shipped?: { readonly rows: number; readonly changedBytes: number };
}

/** The program (the first of the sides) and its peers, measured in turn in the same run. */
export interface Figure {
  readonly scenario: string;
  /** What is in the table, as in "200,000 articles". */
  readonly rowName: string;
  /** Rows of the table, and the size of their COPY text in bytes. */
  readonly rows: number;
  readonly copyBytes: number;
  readonly sides: readonly Measured[];
  /** Programs that are not installed, or too old for the server, and so were not measured. */
  readonly missing: readonly string[];
  /** What else one must know. */
  readonly note?: string;
}

/** Fingerprints of all ranges of a cached table by one session, beside a plain scan of it: both in seconds. */
export interface FingerprintScan {
  readonly name: string;
  readonly rows: number;
  readonly ours: Measured;
  readonly other: Measured;
}

/** What pgbench reached, in each of several turns, while something else ran. */
export interface Situation {
  readonly key: string;
  readonly label: string;
  readonly tps: readonly number[];
  /** 99th percentile of the latency, in milliseconds. */
  readonly p99Ms: readonly number[];
  /** What it reached alone right before or after each of these; absent in older files, and where it would say nothing. */
  readonly aloneTps?: readonly number[];
  /** Bytes a second that what ran beside it wrote, its start included; absent in older files. */
  readonly writtenRate?: readonly number[];
}

/** TPS that pgbench loses, of 1, to what runs beside it: each time against what it reached alone next to it, or else in the same turn. */
export function tpsLost({ tps, aloneTps }: Situation, situations: readonly Situation[]): number {
  const alone = aloneTps ?? situations.find(({ key }) => key === 'alone')?.tps ?? [];
  return 1 - pairedRatio(tps, alone);
}

export interface Impact {
  /** `saturated` or `half`. */
  readonly load: string;
  readonly label: string;
  readonly copyBytes: number;
  /** Bytes a second that the slowed-down runs keep to. */
  readonly maxRate: number;
  readonly situations: readonly Situation[];
}

/** How costs grow along one axis. */
export interface Series {
  readonly key: string;
  readonly title: string;
  /** What `x` counts. */
  readonly axis: string;
  readonly points: readonly { readonly x: number; readonly sides: readonly Measured[] }[];
}

/** What scenarios measure. */
export interface Findings {
  readonly figures: readonly Figure[];
  readonly fingerprints: readonly FingerprintScan[];
  readonly impacts: readonly Impact[];
  readonly series: readonly Series[];
}

/** What is written to `bench/results/`. Files without `format` are of an older version of the benchmark. */
export interface BenchResults extends Findings {
  readonly format: 2;
  readonly date: string;
  readonly program: string;
  readonly machine: Machine;
  readonly settings: BenchSettings;
  readonly totalSeconds: number;
}

export interface Goal {
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}
