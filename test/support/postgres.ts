import type { TestProject } from 'vitest/node';
import { createPostgresServer, type PostgresServer } from './postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A database on the tests' server; suites make their own beside it. */
    postgresUrl: string;
  }
}

let server: PostgresServer | undefined;

/** One real PostgreSQL for a whole run: TEST_DATABASE_URL where it is set, else one of our own. */
export async function setup(project: TestProject): Promise<void> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given === undefined || given === '') server = await createPostgresServer();
  project.provide('postgresUrl', server === undefined ? (given ?? '') : `${server.url}postgres`);
}

export async function teardown(): Promise<void> {
  await server?.remove();
}
