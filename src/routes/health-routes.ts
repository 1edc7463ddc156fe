import { z } from 'zod';
import type { Routes } from '../access/create-routes.js';
import type { Clock } from '../base/clock.js';
import { Refusal } from '../base/errors.js';
import type { Store } from '../store/connection.js';

/**
 * Answered before host, https, credential and limit are looked at: whoever watches the process calls it by its bare
 * address, and a token that is sent along asks nothing of the store.
 */
export const healthPaths: ReadonlySet<string | undefined> = new Set(['/healthz', '/readyz']);

const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const ok = { status: 'ok' } as const;
const tags = ['health'];

/** `/healthz`: the process answers. `/readyz`: the store does too, else 503; asked at most once a second. */
export function addHealthRoutes(routes: Routes, store: Store, clock: Clock): void {
  const isReady = atMostOnceASecond(store, clock);
  routes.get(
    '/healthz',
    { access: 'public', response: { 200: Health }, summary: 'The process answers', tags },
    () => ok,
  );
  routes.get(
    '/readyz',
    {
      access: 'public',
      response: { 200: Health },
      refusals: ['service_unavailable'],
      summary: 'The process answers, and its store does',
      tags,
    },
    async () => {
      if (!(await isReady()))
        throw new Refusal('service_unavailable', { retryAfter: 1, reason: 'the store is away' });
      return ok;
    },
  );
}

function atMostOnceASecond(store: Store, clock: Clock): () => Promise<boolean> {
  let asked = Number.NEGATIVE_INFINITY;
  let answer: Promise<boolean> = Promise.resolve(false);
  return () => {
    const now = clock.now();
    // A clock that was set back must not keep an old answer for hours.
    if (now - asked >= 1000 || now < asked) {
      asked = now;
      answer = store.ping().then(
        () => true,
        () => false,
      );
    }
    return answer;
  };
}
