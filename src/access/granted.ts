import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessTable } from '../accounts/access-table.js';
import { fromRequest } from './dependency.js';

/** How far a request's credential reaches. */
export interface Granted {
  readonly table: AccessTable;
  /** The permissions that a session was narrowed to, or null where it was not. */
  readonly scopes: ReadonlySet<string> | null;
}

const kTable = Symbol('sallyport.access-table');
type Tabled = FastifyInstance & { [kTable]?: AccessTable };

/** The roles and permissions of an application, for the guards of its routes. */
export const declareAccess = (fastify: FastifyInstance, table: AccessTable): void => {
  fastify.decorate(kTable, table);
};

function tableOf(request: FastifyRequest): AccessTable {
  const table = (request.server as Tabled)[kTable];
  if (table === undefined)
    throw new Error(
      'This application knows no accounts, so no guard can judge. Make it with createSecureApp(), or register the plugin accounts first.',
    );
  return table;
}

/** What the application's table and the session's scopes say; proves nobody. */
export const granted = fromRequest('granted', (request): Granted => {
  const { identity } = request;
  const table = tableOf(request);
  return { table, scopes: identity?.kind === 'proven' ? identity.principal.scopes : null };
});
