import { lockAccount } from '../accounts/accounts-queries.js';
import {
  type ApiKeyEntry,
  insertApiKey,
  listApiKeys,
  revokeApiKey,
  revokeApiKeysOf,
  shortenApiKey,
} from '../api-keys/api-keys-queries.js';
import { createKey } from '../api-keys/key-format.js';
import { sha256 } from '../base/digest.js';
import { Refusal } from '../base/errors.js';
import type { EventContext } from '../events/event-context.js';
import { recordEvent } from '../events/events-queries.js';
import type { Query } from '../store/connection.js';
import { type Actor, eventContext, type FlowDeps, type Origin } from './flow-deps.js';

type KeyDeps = Pick<FlowDeps, 'store' | 'clock' | 'settings'>;

export interface WantedKey {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Undefined: as long as the setting allows. */
  readonly expiresInDays: number | undefined;
}

/** `key` is told this once; at rest lies its digest alone. */
export interface IssuedKey extends Omit<ApiKeyEntry, 'lastUsedAt'> {
  readonly key: string;
}

const hour = 60 * 60 * 1000;
const day = 24 * hour;

/** The live keys of an account, the newest first. */
export async function apiKeysOf(
  deps: Pick<FlowDeps, 'store' | 'clock' | 'keyActivity'>,
  accountId: string,
): Promise<readonly ApiKeyEntry[]> {
  const entries = await listApiKeys(deps.store.db, accountId, deps.clock.now());
  return entries.map((entry) => ({
    ...entry,
    lastUsedAt: deps.keyActivity.noted(entry.id) ?? entry.lastUsedAt,
  }));
}

/** A key for a program of this account (ASVS 13.2.1). 409 where it has as many as it may. */
export async function createApiKey(
  deps: KeyDeps,
  accountId: string,
  wanted: WantedKey,
  origin: Origin,
): Promise<IssuedKey> {
  return deps.store.transaction(async (tx) => {
    await assertRoom(deps, tx, accountId);
    const days = wanted.expiresInDays ?? deps.settings.apiKeys.maxDays;
    const now = deps.clock.now();
    const { name, scopes } = wanted;
    return issue(
      tx,
      { accountId, name, scopes, createdAt: now, expiresAt: now + days * day },
      'api_key.created',
      {
        ...eventContext(deps, origin),
      },
    );
  });
}

/**
 * A successor of the same name and scopes, so that a program changes over without a gap: the old one lives for
 * `overlapHours` more. 404 where there is no such live key.
 */
export async function rotateApiKey(
  deps: KeyDeps,
  { accountId, keyId, overlapHours }: { accountId: string; keyId: string; overlapHours: number },
  origin: Origin,
): Promise<IssuedKey> {
  return deps.store.transaction(async (tx) => {
    await lockAccount(tx, accountId);
    const now = deps.clock.now();
    const old = (await listApiKeys(tx, accountId, now)).find(({ id }) => id === keyId);
    const until = now + overlapHours * hour;
    if (!old || !(await shortenApiKey(tx, { id: keyId, accountId, until, now })))
      throw new Refusal('not_found');
    await assertRoom(deps, tx, accountId, 1);
    // As long as the old one was made for: rotating is no way to a longer life.
    const expiresAt = now + (old.expiresAt - old.createdAt);
    const { name, scopes } = old;
    return issue(tx, { accountId, name, scopes, createdAt: now, expiresAt }, 'api_key.rotated', {
      ...eventContext(deps, origin),
    });
  });
}

/** 404 where the account has no such live key: somebody else's counts as none. */
export async function endApiKey(
  deps: Pick<FlowDeps, 'store' | 'clock'>,
  { accountId, keyId }: { accountId: string; keyId: string },
  origin: Origin,
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    if (!(await revokeApiKey(tx, keyId, accountId, deps.clock.now()))) throw new Refusal('not_found');
    const event = { name: 'api_key.revoked', actorId: accountId, subjectId: accountId } as const;
    await recordEvent(tx, { ...event, details: { key_id: keyId } }, eventContext(deps, origin));
  });
}

/** Every key of an account ends: by its owner, or by an admin. Tells how many. */
export async function endApiKeys(
  deps: Pick<FlowDeps, 'store' | 'clock'>,
  accountId: string,
  { actorId }: Actor,
  origin: Origin,
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    if (!(await lockAccount(tx, accountId))) throw new Refusal('not_found');
    const ended = await revokeApiKeysOf(tx, accountId, deps.clock.now());
    if (ended === 0) return;
    const event = { name: 'api_key.revoked', actorId, subjectId: accountId } as const;
    await recordEvent(tx, { ...event, details: { keys_ended: ended } }, eventContext(deps, origin));
  });
}

/** The account's row is the lock: two that make a key at once are counted one after the other. */
async function assertRoom(deps: KeyDeps, tx: Query, accountId: string, replaced = 0): Promise<void> {
  if (!(await lockAccount(tx, accountId))) throw new Refusal('invalid_credentials');
  const { length } = await listApiKeys(tx, accountId, deps.clock.now());
  if (length - replaced >= deps.settings.apiKeys.most) throw new Refusal('too_many_keys');
}

async function issue(
  tx: Query,
  key: Omit<IssuedKey, 'id' | 'key'> & { readonly accountId: string },
  name: 'api_key.created' | 'api_key.rotated',
  context: EventContext,
): Promise<IssuedKey> {
  const { accountId, ...told } = key;
  const made = createKey();
  await insertApiKey(tx, { ...key, id: made.id, digest: sha256(made.key) });
  const event = { name, actorId: accountId, subjectId: accountId, details: { key_id: made.id } } as const;
  await recordEvent(tx, event, context);
  return { ...told, ...made };
}
