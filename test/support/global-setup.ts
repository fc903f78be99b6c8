import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the database `postgres` on the server that all test files share. */
    postgresUrl: string;
  }
}

/** Starts the one PostgreSQL 17 server of a test run; each test file makes its own databases on it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startEmbeddedPostgres({ major: 17 });
  project.provide('postgresUrl', server.url());
  return () => server.stop();
}
