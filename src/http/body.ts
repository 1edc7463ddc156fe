import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from '../base/errors.js';
import { parseJsonBody } from './json-body.js';
import { parseMultipartBody } from './multipart-body.js';
import { parseUrlencodedBody } from './urlencoded-body.js';

/** Bytes; a larger body is 413. */
export const bodyLimit = 64 * 1024;

const charset = /;\s*charset\s*=\s*"?([^";\s]*)"?/gi;

/** The media type has been matched by Fastify; what its parameters and other headers say of the bytes is judged here. */
function assertPlainUtf8(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new Refusal('unsupported_media_type');
  for (const [, named = ''] of (request.headers['content-type'] ?? '').matchAll(charset)) {
    if (!/^(?:utf-?8|us-ascii)$/i.test(named)) throw new Refusal('unsupported_media_type');
  }
}

/** The three kinds of body there are, in place of Fastify's own parsers; anything else is 415 (ASVS 3.5.2). */
export function installBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parser = (contentType: string, parse: (body: Buffer, request: FastifyRequest) => unknown): void => {
    app.addContentTypeParser(
      contentType,
      { parseAs: 'buffer', bodyLimit },
      async (request: FastifyRequest, body: Buffer) => {
        assertPlainUtf8(request);
        return parse(body, request);
      },
    );
  };
  parser('application/json', parseJsonBody);
  parser('application/x-www-form-urlencoded', parseUrlencodedBody);
  parser('multipart/form-data', (body, request) =>
    parseMultipartBody(request.headers['content-type'] ?? '', body),
  );
}
