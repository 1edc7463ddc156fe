import type { FastifyInstance } from 'fastify';
import { ConfigurationError } from '../../base/errors.js';
import { createCors, type MoreCorsHeaders } from '../../http/cors.js';
import { createHttpsRule } from '../../http/https.js';
import { contextOf } from '../../http/request-context.js';
import { createSecurityHeaders } from '../../http/security-headers.js';
import { fieldOf, standOn, standOneOn } from '../../http/standing-response.js';
import { createHostCheck } from '../../http/trusted-hosts.js';
import { type Control, type ControlOptions, control } from './control.js';
import { type Exceptions, unless } from './except.js';

/**
 * The security headers of SECURITY_ENABLE_SECURITY_HEADERS on every answer, with `no-store` and `Vary: Origin`, and HSTS
 * over https (ASVS 3.4). An answer that names such a field itself keeps its own: a page needs a
 * `Content-Security-Policy` of its own, what may be cached a `Cache-Control`.
 *
 * What Node's parser and Fastify's router refuse by themselves (431, 408, garbage, a malformed URL) passes no plugin; that
 * is `secureServer`'s.
 */
export const securityHeaders: Control = control('securityHeaders', [], (_app, { settings }) => {
  const headers = createSecurityHeaders(settings);
  return ({ raw }, reply, goOn) => {
    standOn(reply.raw, headers(contextOf(raw).secure));
    goOn();
  };
});

/** Options of `trustedHosts`, `requireHttps` and `requestLimit`. */
export interface ExceptOptions extends ControlOptions, Exceptions {}

/**
 * Refuses (400 `invalid_host`) a request whose Host is not in ALLOWED_HOSTS, lacks, is malformed or comes twice (RFC 9112
 * §3.2, ASVS 4.2.2). `except` names routes that answer under any.
 */
export const trustedHosts: Control<ExceptOptions> = control(
  'trustedHosts',
  ['except'],
  (app, { settings, except }) => {
    const assertHost = createHostCheck(settings.allowedHosts);
    return unless(app, 'trustedHosts', except, ({ raw }, _reply, goOn) => {
      assertHost(raw);
      goOn();
    });
  },
);

/**
 * Where SECURITY_REQUIRE_HTTPS holds: plain http is sent on (308) for page navigations and refused (403 `https_required`) for all
 * else (ASVS 4.1.2). Behind a proxy TRUSTED_PROXIES must name it; Fastify's `trustProxy` is not looked at. Register
 * `trustedHosts` too, or the Host that the redirect names is anybody's.
 */
export const requireHttps: Control<ExceptOptions> = control(
  'requireHttps',
  ['except'],
  (app, { settings, except }) => {
    const answers = createHttpsRule(settings);
    return unless(app, 'requireHttps', except, ({ raw }, reply, goOn) => {
      if (!answers(raw, reply.raw)) goOn();
    });
  },
);

/** Options of `cors`. */
export interface CorsOptions extends ControlOptions {
  /** Headers that your clients send beside ours: `['X-Tenant']`. */
  readonly allowedHeaders?: readonly string[];
  /** Headers of your answers that a page may read beside ours. */
  readonly exposedHeaders?: readonly string[];
}

/**
 * CORS by the exact list of SECURITY_CORS_ORIGINS (ASVS 3.4.2). Answers preflights, those of unknown paths too, with 204.
 * `Vary: Origin` stands on every answer; an answer's own `Vary` is kept beside it. Take `@fastify/cors` out first.
 */
export const cors: Control<CorsOptions> = control(
  'cors',
  ['allowedHeaders', 'exposedHeaders'],
  (app, options) => {
    const answers = createCors(options.settings, {
      allowedHeaders: assertNames('allowedHeaders', options.allowedHeaders),
      exposedHeaders: assertNames('exposedHeaders', options.exposedHeaders),
    } satisfies MoreCorsHeaders);
    keepVary(app);
    return ({ raw }, reply, goOn) => {
      if (fieldOf(reply.raw, 'vary') === undefined) standOneOn(reply.raw, 'vary', 'Origin');
      if (!answers(raw, reply.raw)) goOn();
    };
  },
);

/** An answer's own `Vary` (a compressing plugin's) would stand in the place of ours: a cache would mix up origins. */
function keepVary(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    const own = [reply.getHeader('vary') ?? []].flat().join(', ');
    if (own !== '' && !/(?:^|[\s,])(?:origin|\*)(?:$|[\s,])/i.test(own))
      reply.header('vary', `${own}, Origin`);
    done(null, payload);
  });
}

function assertNames(option: string, names: readonly string[] = []): readonly string[] {
  if (Array.isArray(names) && names.every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && name !== '*'))
    return names;
  throw new ConfigurationError(
    'ERR_OPTIONS',
    `cors: ${option} is a list of header names, each by its name: ${option}: ['X-Tenant'].`,
  );
}
