import { catalogue, type RefusalCode } from '../base/errors.js';
import type { Components, JsonSchema } from './openapi-schema.js';
import { everyRecipe, type Needs } from './recipe.js';

/** What of a route decides which refusals a client may meet there. */
export interface RefusalGrounds {
  /** Of its needs, however deep. */
  readonly needs: readonly RefusalCode[];
  readonly hasParams: boolean;
  readonly hasInput: boolean;
  readonly hasBody: boolean;
  readonly own: readonly RefusalCode[];
}

const text = { type: 'string' } as const;
const common = { code: text, request_id: text } as const;
const errorSchema: JsonSchema = {
  type: 'object',
  description:
    'A refusal. `code` is a function of status and detail; `error` is the OAuth 2.0 code where there is one.',
  properties: { detail: text, ...common, error: text },
  required: ['detail', 'code', 'request_id'],
};
const issueSchema: JsonSchema = {
  type: 'object',
  properties: { loc: { type: 'array', items: { type: ['string', 'integer'] } }, msg: text, type: text },
  required: ['loc', 'msg', 'type'],
};
const validationSchema: JsonSchema = {
  type: 'object',
  description: 'What was wrong with the input. `loc` starts with body, query, path or header.',
  properties: { detail: { type: 'array', items: issueSchema }, ...common },
  required: ['detail', 'code', 'request_id'],
};
const challenge = { 'WWW-Authenticate': { ...text, description: 'RFC 6750 §3' } };
const retryAfter = { 'Retry-After': { type: 'integer', description: 'Whole seconds (RFC 9110 §10.2.3)' } };
const fields: Readonly<Record<number, object>> = { 401: challenge, 429: retryAfter, 503: retryAfter };

/** What the needs say that they may refuse with. */
export function refusalsOf(needs: Needs): readonly RefusalCode[] {
  const found = new Set<RefusalCode>();
  for (const [, recipe] of everyRecipe(Object.values(needs))) {
    for (const code of recipe.refusals) found.add(code);
  }
  return [...found];
}

function codesOf(grounds: RefusalGrounds): readonly RefusalCode[] {
  return [
    'invalid_host',
    'https_required',
    ...grounds.needs,
    ...(grounds.hasParams ? (['not_found'] as const) : []),
    ...(grounds.hasBody ? (['bad_request', 'payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(grounds.hasInput ? (['validation_failed'] as const) : []),
    'too_many_requests',
    'internal_error',
    'service_unavailable',
    ...grounds.own,
  ];
}

/** The refusals by status, each with the words that a client may read there. */
export function describeRefusals(
  grounds: RefusalGrounds,
  components: Components,
): Record<string, JsonSchema> {
  const details = new Map<number, Set<string>>();
  for (const code of codesOf(grounds)) {
    const { status, detail } = catalogue[code];
    details.set(status, (details.get(status) ?? new Set()).add(detail));
  }
  const described: Record<string, JsonSchema> = {};
  for (const [status, words] of details) {
    const $ref =
      status === 422
        ? components.add('ValidationError', validationSchema)
        : components.add('Error', errorSchema);
    described[status] = {
      description: [...words].join(' · '),
      content: { 'application/json': { schema: { $ref } } },
      ...(fields[status] && { headers: fields[status] }),
    };
  }
  return described;
}
