import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessTable } from '../accounts/access-table.js';
import { Refusal } from '../base/errors.js';
import { fromRequest } from './dependency.js';
import { factsOf } from './route-facts.js';

/** How far a request's credential reaches. */
export interface Granted {
  readonly table: AccessTable;
  /** The permissions that a session was narrowed to, or that an API key has; null where nothing narrows. */
  readonly scopes: ReadonlySet<string> | null;
  /** The permissions that the route itself names among its needs. */
  readonly named: readonly string[];
  /** An API key was sent, and no session's token. */
  readonly byKey: boolean;
}

const kTable = Symbol('sallyport.access-table');

type Tabled = FastifyInstance & { [kTable]?: AccessTable };

/** The roles and permissions of an application, for the guards of its routes. */
export const declareAccess = (fastify: FastifyInstance, table: AccessTable): void => {
  fastify.decorate(kTable, table);
};

/** Undefined before `declareAccess`. */
export const tableOn = (fastify: FastifyInstance): AccessTable | undefined => (fastify as Tabled)[kTable];

function tableOf(request: FastifyRequest): AccessTable {
  const table = (request.server as Tabled)[kTable];
  if (table === undefined)
    throw new Error(
      'This application knows no accounts, so no guard can judge. Make it with createSecureApp(), or register the plugin accounts first.',
    );
  return table;
}

/**
 * A role is wider than any scope: what was narrowed to some does not carry it, unless the route names a scope beside the
 * role and the narrowed one holds it.
 */
export function assertWhole({ scopes, named }: Granted): void {
  if (scopes === null || (named.length > 0 && named.every((one) => scopes.has(one)))) return;
  throw new Refusal('insufficient_permissions', { reason: 'the credential is narrowed to scopes' });
}

/** What the application's table and the credential's scopes say; proves nobody. */
export const granted = fromRequest('granted', (request): Granted => {
  const { identity } = request;
  const table = tableOf(request);
  const { scopes: named } = factsOf(request);
  const principal = identity?.kind === 'proven' ? identity.principal : undefined;
  return { table, named, scopes: principal?.scopes ?? null, byKey: principal?.keyId != null };
});
