import { Refusal } from '../base/errors.js';
import type { Origin } from '../flows/flow-deps.js';
import { contextOf } from '../http/request-context.js';
import { networkKey } from '../limits/address-key.js';
import { deviceLabel } from '../tokens/device-label.js';
import { fromRequest } from './dependency.js';

/** Where the client stands: the socket's peer, or the right-most hop that no proxy of TRUSTED_PROXIES vouches for. */
export const clientAddress = fromRequest('clientAddress', (request) => contextOf(request.raw).address);

/** Request id, client address and network, for the events of a flow. */
export const origin = fromRequest('origin', (request): Origin => {
  const { id, address } = contextOf(request.raw);
  return { requestId: id, address, network: networkKey(address) };
});

/** What the client calls itself, for whoever looks at the list of sessions. */
export const device = fromRequest('device', (request) => deviceLabel(request.headers['user-agent']));

/** Aborted when the client is gone: a password that still waits for its hash is then not hashed at all. */
export const hangUp = fromRequest('hangUp', (request, reply): AbortSignal => {
  const controller = new AbortController();
  const abort = () => controller.abort(new Refusal('bad_request', { reason: 'the client hung up' }));
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort();
  });
  if (request.raw.socket.destroyed) abort();
  return controller.signal;
});
