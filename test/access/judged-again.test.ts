import { PassThrough } from 'node:stream';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createRoutes } from '../../src/access/create-routes.js';
import { currentUser, optionalUser } from '../../src/access/current-user.js';
import { declareAccess } from '../../src/access/granted.js';
import { createIdentify, declareIdentity } from '../../src/access/principal.js';
import { builtInAccess } from '../../src/accounts/access-table.js';
import { insertAccount, setRole } from '../../src/accounts/accounts-queries.js';
import { Refusal } from '../../src/base/errors.js';
import { installBodyParsers } from '../../src/http/body.js';
import { openContext } from '../../src/http/request-context.js';
import type { Store } from '../../src/store/connection.js';
import { createAccessTokens } from '../../src/tokens/access-token.js';
import { openSession, revokeSession } from '../../src/tokens/refresh-family.js';
import { SessionActivity } from '../../src/tokens/session-activity.js';
import { describeEachStore } from '../support/stores.js';
import { fromNowhere, unending } from '../tokens/family-bench.js';
import { clockAt, keyFor } from '../tokens/support.js';
import { routesOptions } from './app.js';

const clock = clockAt(1_700_000_000_000);
let people = 0;

async function signedIn(store: Store) {
  people += 1;
  const names = { email: `judged_${people}@example.org`, username: `judged_${people}` };
  const person = { ...names, passwordHash: '-', fullName: null, bio: null, role: 'user' } as const;
  return store.transaction(async (tx) => {
    const { id: accountId } = await insertAccount(tx, person, clock);
    const session = await openSession(tx, { accountId, clientId: 'x', clock, expireDays: 1, ...fromNowhere });
    return { ...session, accountId, clientId: 'x' };
  });
}

/** The two judgements around a body, on a public route, one with optionalUser and one behind a guard. */
async function listen(store: Store) {
  const [key, url] = [await keyFor('HS256'), 'http://localhost'];
  const accessTokens = createAccessTokens({ key, clock, issuer: url, audience: url, expireMinutes: 30 });
  const identity = createIdentify({
    store,
    clock,
    accessTokens,
    access: builtInAccess,
    activity: new SessionActivity(store, clock),
    settings: { sessions: unending },
  });
  const fastify = Fastify();
  installBodyParsers(fastify);
  fastify.setErrorHandler((error, _request, reply) => {
    reply.code(error instanceof Refusal ? error.status : 500).send({ detail: String(error) });
  });
  declareIdentity(fastify);
  declareAccess(fastify, builtInAccess);
  const client = { address: '192.0.2.1', secure: false, trusted: false };
  fastify.addHook('onRequest', async ({ raw }) => void openContext(raw, () => client, clock));
  fastify.addHook('onRequest', identity.judge);
  const judged = new Promise<void>((resolve) =>
    fastify.addHook('preParsing', async () => {
      resolve();
    }),
  );
  fastify.addHook('preHandler', identity.judgeAgain);
  const routes = createRoutes(fastify, routesOptions);
  const options = { response: { 200: z.object({ ok: z.literal(true) }) } };
  const answer = () => ({ ok: true }) as const;
  const needs = { user: optionalUser };
  routes.post('/guarded', { ...options, needs: { user: currentUser } }, answer);
  routes.post('/maybe', { ...options, access: 'public', needs }, answer);
  routes.post('/public', { ...options, access: 'public' }, answer);
  return { fastify, accessTokens, judged };
}

describeEachStore('judged again', ({ open }) => {
  it.each([
    ['/guarded', 'ended', 401],
    ['/guarded', 'changed', 403],
    ['/maybe', 'ended', 401],
    ['/maybe', 'changed', 403],
    ['/public', 'ended', 200],
    ['/guarded', 'left', 200],
    ['/maybe', 'left', 200],
  ])('POST %s, its sender %s while an empty body is held open: %i', async (path, how, status) => {
    const store = await open();
    const { fastify, accessTokens, judged } = await listen(store);
    const session = await signedIn(store);
    const headers = {
      authorization: `Bearer ${accessTokens.issue(session).accessToken}`,
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    };
    const payload = new PassThrough();
    const answer = fastify.inject({ method: 'POST', url: path, headers, payload });
    await judged;
    const { sessionId, accountId } = session;
    if (how === 'ended') await store.transaction((tx) => revokeSession(tx, sessionId, 'revoked', clock));
    if (how === 'changed') await store.transaction((tx) => setRole(tx, accountId, 'moderator', clock));
    payload.end();
    expect((await answer).statusCode).toBe(status);
  });
});
