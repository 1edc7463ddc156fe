import { expect, it } from 'vitest';
import { randomToken, uuidv7 } from '../../src/base/random.js';

const settable = (start: number) => {
  const clock = { time: start, now: () => clock.time };
  return clock;
};
const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('a UUIDv7 begins with its time', () => {
  const time = Date.UTC(2100, 0, 1);
  const id = uuidv7(settable(time));
  expect(id).toMatch(form);
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(time);
});

it('ids of one millisecond sort in the order in which they were made, 10,000 of them too', () => {
  const clock = settable(Date.UTC(2101, 0, 1));
  const ids = Array.from({ length: 10_000 }, () => uuidv7(clock));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(form);
});

it('and go on after the clock was set back', () => {
  const clock = settable(Date.UTC(2102, 0, 1));
  const before = uuidv7(clock);
  clock.time -= 3_600_000;
  expect(uuidv7(clock) > before).toBe(true);
});

it('a random token holds 256 bits, and no two are alike', () => {
  const tokens = Array.from({ length: 10_000 }, randomToken);
  expect(new Set(tokens).size).toBe(tokens.length);
  for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
});
