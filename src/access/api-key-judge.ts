import { timingSafeEqual } from 'node:crypto';
import type { AccessTable } from '../accounts/access-table.js';
import { type KeyHolder, loadKeyHolder } from '../api-keys/api-keys-queries.js';
import { idOfKey } from '../api-keys/key-format.js';
import type { Clock } from '../base/clock.js';
import { sha256 } from '../base/digest.js';
import type { Store } from '../store/connection.js';
import type { LastSeen } from '../store/last-seen.js';
import { type Identity, unproven, withKnownRole } from './identity.js';

interface KeyDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly access: AccessTable;
  readonly keyActivity: LastSeen;
}

interface KeyJudge {
  (key: string): Promise<Identity>;
  /** By its id, for a key that was proven a moment ago. */
  again(keyId: string): Promise<Identity>;
}

/** Judges an API key: its form and checksum first, which ask no database, then key and account as they are now. */
export function createKeyJudge(deps: KeyDeps): KeyJudge {
  const judge = (keyId: string, holder: KeyHolder | undefined): Identity => {
    const now = deps.clock.now();
    if (holder === undefined || holder.expiresAt <= now) return unproven;
    // Disabling ends the keys for good, so a dead one tells nothing of its owner.
    if (holder.revokedAt !== null || !holder.account.isActive) return unproven;
    deps.keyActivity.saw(keyId, holder.lastUsedAt);
    const account = withKnownRole(holder.account, deps.access);
    return { kind: 'proven', principal: { account, sessionId: null, keyId, scopes: new Set(holder.scopes) } };
  };
  const again = async (keyId: string): Promise<Identity> =>
    judge(keyId, await loadKeyHolder(deps.store.db, keyId));
  const byKey = async (key: string): Promise<Identity> => {
    const keyId = idOfKey(key);
    if (keyId === undefined) return unproven;
    const holder = await loadKeyHolder(deps.store.db, keyId);
    return holder !== undefined && isSame(sha256(key), holder.digest) ? judge(keyId, holder) : unproven;
  };
  return Object.assign(byKey, { again });
}

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
