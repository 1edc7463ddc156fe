import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import { uuidv7 } from '../base/random.js';
import { isUuid, uuidFromBytes, uuidToBytes } from '../base/uuid.js';
import type { SigningKey } from './signing-keys.js';

/** The account, as it is now, that a device token must have been made for. */
interface DeviceHolder {
  readonly accountId: string;
  /** A change of the password voids every device token of the account. */
  readonly passwordVersion: number;
}

export interface Device extends DeviceHolder {
  readonly deviceId: string;
}

export interface DeviceTokens {
  /** A token for 90 days. With a `deviceId` the same device is known on; without, a new one is named. */
  issue(holder: DeviceHolder & { readonly deviceId?: string | undefined }): string;
  /** The device, if the token is ours, unexpired, and made for just this account and password. Never throws. */
  verify(token: unknown, holder: DeviceHolder): Device | undefined;
}

const lifetime = 90 * 24 * 60 * 60 * 1000;

// prefix, then base64url of: account 16 | device 16 | password version 4 | expiry in milliseconds 6 | HMAC-SHA-256 32.
// A form of its own, so that no device token is ever taken for a JWT or the other way round (RFC 8725 §3.11).
const prefix = 'sallyport_device_1_';
const bodyLength = 42;
const macLength = 32;
const tokenLength = prefix.length + Math.ceil(((bodyLength + macLength) * 4) / 3);

/**
 * Device tokens say "somebody signed in to this account from here before" and nothing else: they open no door, they
 * only give the owner a throttle of their own (docs/decisions/005-limits.md). Signed with a key derived for them alone.
 */
export function createDeviceTokens({ key, clock }: { key: SigningKey; clock: Clock }): DeviceTokens {
  const macKey = createSecretKey(key.derive('device-token'));
  const mac = (body: Buffer) => createHmac('sha256', macKey).update(prefix).update(body).digest();
  return {
    issue({ accountId, passwordVersion, deviceId = uuidv7(clock) }) {
      const body = Buffer.alloc(bodyLength);
      uuidToBytes(accountId).copy(body, 0);
      uuidToBytes(deviceId).copy(body, 16);
      body.writeUInt32BE(passwordVersion, 32);
      body.writeUIntBE(clock.now() + lifetime, 36, 6);
      return prefix + Buffer.concat([body, mac(body)]).toString('base64url');
    },
    verify(token, { accountId, passwordVersion }) {
      if (typeof token !== 'string' || token.length !== tokenLength || !token.startsWith(prefix))
        return undefined;
      const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
      if (prefix + bytes.toString('base64url') !== token) return undefined;
      const body = bytes.subarray(0, bodyLength);
      if (!timingSafeEqual(mac(body), bytes.subarray(bodyLength))) return undefined;
      if (body.readUIntBE(36, 6) <= clock.now() || body.readUInt32BE(32) !== passwordVersion)
        return undefined;
      if (!isUuid(accountId) || !uuidToBytes(accountId).equals(body.subarray(0, 16))) return undefined;
      return { accountId, passwordVersion, deviceId: uuidFromBytes(body.subarray(16, 32)) };
    },
  };
}
