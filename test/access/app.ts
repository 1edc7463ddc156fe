import Fastify, { type FastifyInstance } from 'fastify';
import { createRoutes, type Routes } from '../../src/access/create-routes.js';
import { dependency, fromRequest, guard, perArgument } from '../../src/access/dependency.js';
import { userSchemes } from '../../src/access/openapi-security.js';
import { builtInAccess } from '../../src/accounts/access-table.js';
import { InvalidInput, Refusal } from '../../src/base/errors.js';

export type Role = 'admin' | 'user';
export interface User {
  readonly email: string;
  readonly role: Role;
}

/** No application, so no store: a route with a limit is tested on the wire. */
export const routesOptions = {
  production: false,
  access: builtInAccess,
  limit: () => {
    throw new Error('this room has no store to count in');
  },
};

/** An application with a minimal error door, so that this room is tested by itself. */
export function testApp(options: { production?: boolean; fastify?: FastifyInstance } = {}) {
  const fastify = options.fastify ?? Fastify();
  const faults: unknown[] = [];
  fastify.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof Refusal ? error.status : (error.statusCode ?? 500);
    if (status >= 500) faults.push(error);
    const detail =
      error instanceof InvalidInput ? error.issues : error instanceof Refusal ? error.detail : 'fault';
    reply.code(status).send({ detail });
  });
  const routes: Routes = createRoutes(fastify, { ...routesOptions, production: options.production ?? false });
  return { fastify, routes, faults };
}

const credential = fromRequest('credential', (request) => request.headers.authorization);

export const currentUser = guard(
  'currentUser',
  { credential },
  ({ credential: sent }): User => {
    if (sent === undefined) throw new Refusal('not_authenticated');
    if (sent !== 'admin' && sent !== 'user') throw new Refusal('invalid_credentials');
    return { email: 'a@b.co', role: sent };
  },
  { security: userSchemes, refusals: ['not_authenticated', 'invalid_credentials', 'account_disabled'] },
);

export const requireRole = perArgument((role: Role) =>
  dependency(
    `requireRole(${role})`,
    { user: currentUser },
    ({ user }) => {
      if (user.role !== role && user.role !== 'admin') throw new Refusal('insufficient_permissions');
      return user;
    },
    { refusals: ['insufficient_permissions'] },
  ),
);

export const optionalUser = dependency(
  'optionalUser',
  { credential },
  ({ credential: sent }): User | null => {
    if (sent === undefined) return null;
    if (sent !== 'admin' && sent !== 'user') throw new Refusal('invalid_credentials');
    return { email: 'a@b.co', role: sent };
  },
  { security: userSchemes },
);

export const as = (role: string) => ({ authorization: role });

/** What leaves a trace when it is opened and closed. */
export function traced(name: string, log: string[], onDispose: () => void = () => {}) {
  return {
    async [Symbol.asyncDispose]() {
      log.push(`${name} closed`);
      onDispose();
    },
  };
}
