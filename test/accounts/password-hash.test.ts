import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPasswordHasher, type PasswordHasher } from '../../src/accounts/password-hash.js';

describe('the password hasher, in its worker threads', () => {
  let hasher: PasswordHasher;
  beforeAll(async () => {
    hasher = await createPasswordHasher({ rounds: 4, threads: 2 });
  });
  afterAll(() => hasher.close());

  it('hashes and verifies short and long passwords', async () => {
    for (const password of ['Correct-Horse-9', 'x'.repeat(80), 'with\0nul', '']) {
      const hash = await hasher.hash(password);
      expect(await hasher.verify(password, hash)).toBe(true);
      expect(await hasher.verify(`${password}x`, hash)).toBe(false);
      expect(hasher.needsRehash(hash)).toBe(false);
    }
  });

  it('answers false for an account that is not there', async () => {
    expect(await hasher.verify('nobody', undefined)).toBe(false);
  });

  it('never lets two passwords be one: lone surrogates are refused, and match nothing', async () => {
    await expect(hasher.hash('Secret-\ud800-1')).rejects.toThrow(TypeError);
    const hash = await hasher.hash('Secret-\ufffd-1');
    expect(await hasher.verify('Secret-\ud800-1', hash)).toBe(false);
    expect(await hasher.verify('Secret-\ufffd-1', hash)).toBe(true);
  });

  it('asks for a rehash where cost, variant or form are not those of today', () => {
    const rest = 'n79VH.0Q2TMWmt3Oqt9ukuMtd1JXeM0BuVg72u1AjlHVi6ZSGhR/6';
    expect(hasher.needsRehash(`$2b$04$${rest}`)).toBe(false);
    expect(hasher.needsRehash(`$2b$05$${rest}`)).toBe(true);
    expect(hasher.needsRehash(`$2a$04$${rest}`)).toBe(true);
    expect(hasher.needsRehash(`$2y$04$${rest}`)).toBe(true);
    expect(hasher.needsRehash('unknown')).toBe(true);
  });

  it('takes 66 at once on two threads, and refuses the 67th', async () => {
    const hash = await hasher.hash('Correct-Horse-9');
    const many = Array.from({ length: 67 }, () => hasher.verify('Correct-Horse-9', hash));
    const outcomes = await Promise.allSettled(many);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(66);
    expect(outcomes.at(-1)).toMatchObject({ reason: { code: 'service_unavailable', retryAfter: 1 } });
  });

  it('takes a known caller while strangers fill the queue', async () => {
    const hash = await hasher.hash('Correct-Horse-9');
    const strangers = Promise.allSettled(Array.from({ length: 90 }, () => hasher.verify('guess', hash)));
    const owner = hasher.verify('Correct-Horse-9', hash, undefined, { known: 'owner' });
    const rehash = hasher.hash('Correct-Horse-9', undefined, { known: 'owner' });
    expect(await owner).toBe(true);
    expect(hasher.needsRehash(await rehash)).toBe(false);
    expect((await strangers).filter(({ status }) => status === 'rejected')).toHaveLength(24);
  });

  it('drops who hung up while waiting', async () => {
    const hangUp = new AbortController();
    const running = [hasher.verify('a', undefined), hasher.verify('b', undefined)];
    const waiting = hasher.verify('c', undefined, hangUp.signal);
    hangUp.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(await Promise.all(running)).toEqual([false, false]);
  });

  it('takes a password of a megabyte, many at once', async () => {
    const hash = await hasher.hash('x'.repeat(80));
    const long = Array.from({ length: 20 }, () => hasher.verify('🔒'.repeat(250_000), hash));
    expect(new Set(await Promise.all(long))).toEqual(new Set([false]));
  });

  it('lowers the priority of its threads, and of no other', () => {
    const niceOf = (thread: string): number => {
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    };
    const isLinux = process.platform === 'linux';
    const lowered = isLinux ? readdirSync('/proc/self/task').filter((thread) => niceOf(thread) === 10) : [];
    expect(lowered).toHaveLength(isLinux ? 2 : 0);
    expect(getPriority()).toBe(0);
  });

  it('refuses after its end', async () => {
    const other = await createPasswordHasher({ rounds: 4, threads: 1 });
    await other.close();
    await expect(other.verify('x', undefined)).rejects.toMatchObject({ code: 'service_unavailable' });
  });
});
