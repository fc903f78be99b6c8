import { workerData } from 'node:worker_threads';
import { serveJobs } from '../core/threads/worker.ts';
import type { ReaderData } from './read-job.ts';
import { readServer, readSessions } from './read-server.ts';

/** A reader thread. */
const data = workerData as ReaderData;
serveJobs(readServer(readSessions(data), data));
