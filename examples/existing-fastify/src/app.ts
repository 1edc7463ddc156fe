import Fastify, { type FastifyInstance } from 'fastify';
import {
  accounts,
  cors,
  currentUser,
  defineAccess,
  docsGate,
  errorDoor,
  requestLimit,
  requireHttps,
  requireRole,
  type Settings,
  secureServer,
  securityHeaders,
  trustedHosts,
} from 'sallyport';
import { books } from './books.js';

/** A role beside admin, moderator and user. */
const access = defineAccess({ roles: ['librarian'] });
const librarian = access.requireRole('librarian');

/** The application that was there, and around it what it takes from Sallyport. */
export async function buildApp(
  settings: Settings,
  options: { logger?: boolean } = {},
): Promise<FastifyInstance> {
  const app = Fastify({ ...secureServer(settings), logger: options.logger ?? false });

  // The error door before the first route; the others in any order.
  await app.register(errorDoor, { settings });
  await app.register(securityHeaders, { settings });
  await app.register(trustedHosts, { settings, except: ['/healthz'] });
  await app.register(requireHttps, { settings, except: ['/healthz'] });
  await app.register(cors, { settings, exposedHeaders: ['X-Total-Count'] });
  await app.register(requestLimit, { settings, except: ['/healthz'] });
  await app.register(docsGate, { settings, paths: ['/docs'] });
  await app.register(accounts, { settings, access });

  // Guards as hooks. No gate stands over these routes: one without a guard is open.
  await app.register(books, { librarian: librarian.hook, admin: requireRole('admin').hook });
  app.get('/me/card', { onRequest: currentUser.hook }, async (request) => {
    const user = currentUser.of(request);
    return { cardOf: user.username, role: user.role };
  });
  return app;
}
