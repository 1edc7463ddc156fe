/**
 * Every refusal that may leave the process, in one table: its code, its status and the words the client sees.
 * `detail` is the seed's where the seed has one. `error` is the OAuth 2.0 code (RFC 6749 §5.2) that stands beside it.
 */
export const catalogue = {
  bad_request: { status: 400, detail: 'Bad Request' },
  invalid_host: { status: 400, detail: 'Invalid host header' },
  email_taken: { status: 400, detail: 'Email already registered' },
  username_taken: { status: 400, detail: 'Username already taken' },
  wrong_password: { status: 400, detail: 'Incorrect password' },
  invalid_grant: { status: 400, detail: 'Invalid refresh token', error: 'invalid_grant' },
  unsupported_grant_type: { status: 400, detail: 'Unsupported grant type', error: 'unsupported_grant_type' },
  not_authenticated: { status: 401, detail: 'Not authenticated' },
  invalid_credentials: { status: 401, detail: 'Could not validate credentials' },
  sign_in_failed: { status: 401, detail: 'Incorrect username or password', error: 'invalid_grant' },
  account_disabled: { status: 403, detail: 'Account is disabled' },
  forbidden: { status: 403, detail: 'Forbidden' },
  insufficient_permissions: { status: 403, detail: 'Insufficient permissions' },
  admin_required: { status: 403, detail: 'Admin access required' },
  https_required: { status: 403, detail: 'HTTPS required' },
  not_found: { status: 404, detail: 'Not Found' },
  conflict: { status: 409, detail: 'Conflict' },
  too_many_keys: { status: 409, detail: 'Too many API keys: end one first' },
  method_not_allowed: { status: 405, detail: 'Method Not Allowed' },
  request_timeout: { status: 408, detail: 'Request Timeout' },
  last_admin: { status: 409, detail: 'The last admin cannot be removed, demoted or disabled' },
  payload_too_large: { status: 413, detail: 'Request body is too large' },
  uri_too_long: { status: 414, detail: 'URI Too Long' },
  unsupported_media_type: { status: 415, detail: 'Unsupported Media Type' },
  expectation_failed: { status: 417, detail: 'Expectation Failed' },
  validation_failed: { status: 422, detail: 'Validation failed' },
  too_many_requests: { status: 429, detail: 'Too Many Requests' },
  headers_too_large: { status: 431, detail: 'Request Header Fields Too Large' },
  internal_error: { status: 500, detail: 'Internal Server Error' },
  service_unavailable: { status: 503, detail: 'Service Unavailable' },
} as const satisfies Record<string, { status: number; detail: string; error?: string }>;

/** What a refusal is called: `code` of the answer, the argument of `new Refusal(…)`. */
export type RefusalCode = keyof typeof catalogue;

/** One fault of the input, in FastAPI's shape. `loc` starts with body, query, path or header; the input is never echoed. */
export interface Issue {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** What a counter said of one request; `limits/verdict.ts` fits, `http/rate-limit-fields.ts` writes it. */
export interface LimitState {
  /** The policy's name: lower-case letters, digits and hyphens. It tells nothing of who was counted. */
  readonly policy: string;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the window is fresh. */
  readonly resetSeconds: number;
  readonly windowSeconds: number;
}

interface RefusalOptions {
  /** Sent in place of the catalogue's words. Nothing that is secret, nothing that a client typed. */
  readonly detail?: string;
  /** For the log alone; never sent. */
  readonly reason?: string;
  /** Whole seconds, sent as `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfter?: number;
  /** Of a counter that the handler asked: sent as the RateLimit fields, in place of those that stand. */
  readonly limit?: LimitState;
  readonly cause?: unknown;
}

/**
 * A refusal of the catalogue, thrown by whoever refuses: a domain function, a guard, a handler, a hook. `new
 * Refusal('not_found', { detail: 'No such report' })` answers 404 with these words; `http/error-door.ts` alone
 * turns it into an answer.
 */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  /** The same, by the name that Fastify and error handlers written for it ask for. */
  readonly statusCode: number;
  readonly detail: string;
  readonly reason: string | undefined;
  readonly retryAfter: number | undefined;
  readonly limit: LimitState | undefined;

  /** @throws TypeError for a code that the catalogue lacks. */
  constructor(code: RefusalCode, options: RefusalOptions = {}) {
    if (!Object.hasOwn(catalogue, code))
      throw new TypeError(
        `Refusal: there is no code "${String(code)}". Known: ${Object.keys(catalogue).join(', ')}.`,
      );
    super(
      options.detail ?? catalogue[code].detail,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.status = catalogue[code].status;
    this.statusCode = this.status;
    this.detail = options.detail ?? catalogue[code].detail;
    this.reason = options.reason;
    this.retryAfter = options.retryAfter;
    this.limit = options.limit;
  }
}

/** 422: what was wrong with the input, as FastAPI lists it. */
export class InvalidInput extends Refusal {
  override readonly name = 'InvalidInput';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super('validation_failed');
    this.issues = issues;
  }
}

/** A mistake of the programmer or the operator (a route without access, a refused setting): stops the start, never reaches a client. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
