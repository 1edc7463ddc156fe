import type { FastifyInstance } from 'fastify';
import type { AccessTable } from '../accounts/access-table.js';
import type { Account } from '../accounts/account.js';

/** Somebody who proved who they are, and by what: a session or an API key. */
export interface Principal {
  readonly account: Account;
  /** Null where an API key was sent. */
  readonly sessionId: string | null;
  /** The id of the API key, or null. */
  readonly keyId: string | null;
  /** The permissions that the key has, or that the session was narrowed to, or null where it was not. */
  readonly scopes: ReadonlySet<string> | null;
}

/** What came of a request's credential, before any guard asked. */
export type Identity =
  | { readonly kind: 'none' }
  | { readonly kind: 'unproven' }
  | { readonly kind: 'disabled'; readonly accountId: string }
  | { readonly kind: 'proven'; readonly principal: Principal };

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until the credential was judged. */
    identity: Identity | null;
  }
}

/** The request has no credential. */
export const nobody: Identity = Object.freeze({ kind: 'none' });
/** What was sent proves nobody. */
export const unproven: Identity = Object.freeze({ kind: 'unproven' });

/** A role that this application does not know is worth nothing here. No copy of one that it knows: every request would pay. */
export function withKnownRole(account: Account, access: AccessTable): Account {
  const role = access.knownRole(account.role);
  return role === account.role ? account : { ...account, role };
}

/** Gives every request its `identity`, null until `createIdentify` judged. Before any route; twice is an error of Fastify. */
export const declareIdentity = (fastify: FastifyInstance): void => {
  fastify.decorateRequest('identity', null);
};
