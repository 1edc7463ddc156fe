import Fastify, { type FastifyInstance, type FastifyTypeProvider } from 'fastify';
import { pino } from 'pino';
import {
  type Account,
  accounts,
  cors,
  currentUser,
  dependency,
  docsGate,
  errorDoor,
  requestLimit,
  requireHttps,
  requireRole,
  type Settings,
  secureServer,
  securityHeaders,
  trustedHosts,
} from '../../src/index.js';

const page = dependency('page', {}, () => 1);

interface OwnProvider extends FastifyTypeProvider {
  readonly validator: this['schema'];
}

/** Compiled with everything else, never run: the controls fit a Fastify of whatever logger, types and server. */
export async function existing(settings: Settings): Promise<readonly FastifyInstance[]> {
  const plain = Fastify({ ...secureServer(settings), logger: { level: 'info' }, bodyLimit: 1024 });
  await plain.register(errorDoor, { settings });
  await plain.register(securityHeaders, { settings, logLevel: 'warn' });
  await plain.register(trustedHosts, { settings, except: ['/healthz'] });
  await plain.register(requireHttps, { settings });
  await plain.register(cors, { settings, allowedHeaders: ['X-Tenant'] });
  await plain.register(requestLimit, { settings });
  await plain.register(docsGate, { settings, paths: ['/docs'] });
  await plain.register(accounts, { settings, routes: { users: false } });
  plain.get<{ Params: { id: string } }>('/a/:id', { onRequest: currentUser.hook }, async (request) => {
    const user: Account = currentUser.of(request);
    return `${user.username} ${request.params.id}`;
  });

  const logged = Fastify({ ...secureServer(settings), loggerInstance: pino() });
  await logged.register(errorDoor, { settings });
  await logged.register(accounts, { settings });
  logged.get('/', { onRequest: requireRole('admin').hook }, async (request) =>
    requireRole('admin').of(request),
  );

  const typed = Fastify(secureServer(settings)).withTypeProvider<OwnProvider>();
  await typed.register(accounts, { settings });
  typed.route({
    method: 'GET',
    url: '/',
    preHandler: [currentUser.hook, requireRole('moderator').hook],
    handler: async (request) => currentUser.of(request).id,
  });

  // @ts-expect-error: settings are not optional
  await plain.register(cors, {});
  // @ts-expect-error: a misspelt option
  await plain.register(trustedHosts, { settings, excpet: ['/healthz'] });
  // @ts-expect-error: docsGate says what it closes
  await plain.register(docsGate, { settings });
  // @ts-expect-error: no such group of routes
  await plain.register(accounts, { settings, routes: { docs: false } });
  // @ts-expect-error: what guards nothing is no hook
  plain.get('/b', { onRequest: page.hook }, async () => 'b');
  return [plain];
}
