import type { FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { Refusal } from '../base/errors.js';
import { recordRefusal } from '../events/events-queries.js';
import { contextOf } from '../http/request-context.js';
import { networkKey } from '../limits/address-key.js';
import type { Store } from '../store/connection.js';

const denials: ReadonlySet<string> = new Set(['insufficient_permissions', 'admin_required']);

/** An `onError` hook: somebody who proved who they are asked for what they may not have (ASVS 16.3.2). */
export function createDenialRecorder(deps: { readonly store: Store; readonly clock: Clock }) {
  return async (request: FastifyRequest, _reply: unknown, error: unknown): Promise<void> => {
    const { identity } = request;
    if (!(error instanceof Refusal) || !denials.has(error.code) || identity?.kind !== 'proven') return;
    const { id, address } = contextOf(request.raw);
    const actorId = identity.principal.account.id;
    const details = { route: `${request.method} ${request.routeOptions.url ?? ''}` };
    const context = { clock: deps.clock, requestId: id, address, network: networkKey(address) };
    await recordRefusal(deps.store.db, { name: 'authorization.denied', actorId, details }, context);
  };
}
