import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Peers } from './peers.ts';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
  readonly postgres: string;
  /** Version of each peer that is installed. */
  readonly peers: Readonly<Record<string, string>>;
}

export function describeMachine(postgres: string, peers: Peers): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    postgres,
    peers: peers.versions,
  };
}
