const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A UUID in the one spelling that the tables hold (RFC 9562 §4, lower case); the version is not judged. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && uuid.test(value);

/** The least UUIDv7 of a millisecond: what was made at or after it is not smaller (RFC 9562 §5.7). */
export function firstUuidOf(milliseconds: number): string {
  const hex = Math.max(0, Math.floor(milliseconds)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

export const uuidToBytes = (value: string): Buffer => Buffer.from(value.replaceAll('-', ''), 'hex');

export function uuidFromBytes(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
