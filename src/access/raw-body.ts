import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../base/errors.js';
import { enteredScope } from './entry.js';
import type { Plan } from './plan.js';

/** A `preParsing` hook: the bytes under the route's limit, the guards that judge them, then the parser gets the same bytes. */
export function judgeRawBody(plan: () => Plan) {
  return async (request: FastifyRequest, reply: FastifyReply, payload: Readable): Promise<Readable> => {
    const scope = enteredScope(request);
    const bytes = await readWithin(
      payload,
      request.routeOptions.bodyLimit ?? request.server.initialConfig.bodyLimit ?? 0,
      request,
    ).catch((error: unknown) => {
      // The client may still be sending.
      reply.header('connection', 'close');
      throw error;
    });
    scope.values[plan().rawBodySlot] = bytes;
    await scope.inOrder(plan().onRawBody);
    const again = Readable.from([bytes], { objectMode: false });
    return Object.assign(again, { receivedEncodedLength: bytes.length });
  };
}

function readWithin(payload: Readable, limit: number, request: FastifyRequest): Promise<Buffer> {
  if (Number(request.headers['content-length']) > limit)
    return Promise.reject(new Refusal('payload_too_large'));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = () => {
      payload.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) {
        chunks.push(chunk);
        return;
      }
      stop();
      reject(new Refusal('payload_too_large'));
    };
    const onEnd = () => {
      stop();
      resolve(Buffer.concat(chunks, length));
    };
    const onError = (cause: unknown) => {
      stop();
      reject(new Refusal('bad_request', { reason: 'the body broke off', cause }));
    };
    const onClose = () => onError(undefined);
    payload.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}
