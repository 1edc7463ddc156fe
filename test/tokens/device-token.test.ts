import fc from 'fast-check';
import { expect, it } from 'vitest';
import { uuidv7 } from '../../src/base/random.js';
import { createDeviceTokens } from '../../src/tokens/device-token.js';
import { createCompactJws } from '../../src/tokens/jws.js';
import { clockAt, everyAlgorithm, keyFor, keyFrom } from './support.js';

const start = 1_800_000_000_000;
const days = 86_400_000;
const accountId = uuidv7({ now: () => start });
const holder = { accountId, passwordVersion: 3 };

async function devicesAt(time = start, secret?: string) {
  const clock = clockAt(time);
  const key = secret === undefined ? await keyFor('HS256') : await keyFrom('HS256', secret);
  return { devices: createDeviceTokens({ key, clock }), clock, key };
}

it.each(everyAlgorithm)('names a device of an account, under a key derived from %s', async (name) => {
  const devices = createDeviceTokens({ key: await keyFor(name), clock: clockAt(start) });
  const device = devices.verify(devices.issue(holder), holder);
  expect(device).toEqual({ ...holder, deviceId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  const again = devices.verify(devices.issue({ ...holder, deviceId: device?.deviceId }), holder);
  expect(again?.deviceId).toBe(device?.deviceId);
});

it('holds for 90 days', async () => {
  const { devices, clock } = await devicesAt();
  const token = devices.issue(holder);
  clock.time = start + 90 * days - 1;
  expect(devices.verify(token, holder)).toBeDefined();
  clock.time = start + 90 * days;
  expect(devices.verify(token, holder)).toBeUndefined();
  clock.time = start - days;
  expect(devices.verify(token, holder)).toBeDefined();
});

it('is nothing for another account, another password or another key', async () => {
  const { devices } = await devicesAt();
  const token = devices.issue(holder);
  expect(devices.verify(token, { ...holder, accountId: uuidv7({ now: () => start }) })).toBeUndefined();
  expect(devices.verify(token, { ...holder, passwordVersion: 4 })).toBeUndefined();
  expect(devices.verify(token, { ...holder, accountId: 'x' })).toBeUndefined();
  const other = await devicesAt(start, 'another secret of more than 32 characters');
  expect(other.devices.verify(token, holder)).toBeUndefined();
});

it('is no access token, and an access token is no device token', async () => {
  const { devices, key } = await devicesAt();
  const jws = createCompactJws(key, 'at+jwt');
  expect(jws.verify(devices.issue(holder))).toBeUndefined();
  expect(devices.verify(jws.sign({ sub: accountId }), holder)).toBeUndefined();
});

it('never throws, and takes nothing that it did not sign', async () => {
  const { devices } = await devicesAt();
  const good = devices.issue(holder);
  fc.assert(fc.property(fc.anything(), (token) => devices.verify(token, holder) === undefined));
  const place = fc.nat({ max: good.length - 1 });
  fc.assert(
    fc.property(place, fc.string({ unit: 'binary', maxLength: 2 }), fc.nat({ max: 2 }), (at, piece, cut) => {
      const mutated = good.slice(0, at) + piece + good.slice(at + cut);
      return mutated === good || devices.verify(mutated, holder) === undefined;
    }),
    { numRuns: 1000 },
  );
});
