import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/raw-socket.js';
import { type Answer, describeEachServer, type Person, password, type TestServer } from '../support/wire.js';

const hour = 3_600_000;
const env = { TRUSTED_PROXIES: '127.0.0.1' };

/** One guess from an address of the guesser's choice. */
const guess = (
  server: TestServer,
  username: string,
  more: { from?: string; password?: string; device?: string } = {},
): Promise<Answer> => {
  const { from = '203.0.113.9', password: given = 'Not-The-Password-1', device } = more;
  const form = { username, password: given, ...(device === undefined ? {} : { device_token: device }) };
  return server.call('POST', '/auth/token', { form, headers: { 'x-forwarded-for': from } });
};

const statuses = (answers: readonly Answer[]) => {
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  return { hashed: count(401), refused: count(429), other: answers.length - count(401) - count(429) };
};

const addressOf = (n: number) => `198.51.${100 + Math.floor(n / 250)}.${(n % 250) + 1}`;

describeEachServer('attack: guessing passwords', { env }, (get) => {
  let victim: Person;
  const next = () => get().person();

  describe('from one address', () => {
    it('fifty guesses at once are six guesses', async () => {
      victim = await next();
      const answers = await Promise.all(Array.from({ length: 50 }, () => guess(get(), victim.username)));
      expect(statuses(answers)).toEqual({ hashed: 6, refused: 44, other: 0 });
      for (const answer of answers.filter(({ status }) => status === 429)) {
        expectRefusal(answer, 429, 'too_many_requests');
        expect(answer.headers['retry-after']).toBe('1');
      }
    });

    it('fifty guesses at once at nobody are the same six: whether an account is there does not show', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => guess(get(), 'nobody_at_all')));
      expect(statuses(answers)).toEqual({ hashed: 6, refused: 44, other: 0 });
    });

    it('e-mail, username and every case of them are one account', async () => {
      victim = await next();
      const names = [
        victim.username,
        victim.email,
        victim.username.toUpperCase(),
        victim.email.toUpperCase(),
        victim.email.replace('@example.org', '@EXAMPLE.org'),
        victim.username,
      ];
      for (const name of names) expectRefusal(await guess(get(), name), 401, 'sign_in_failed');
      for (const name of names) expectRefusal(await guess(get(), name), 429, 'too_many_requests');
      const right = await guess(get(), victim.email, { password });
      expectRefusal(right, 429, 'too_many_requests');
    });

    it('each further failure doubles the wait, to a quarter of an hour; knocking meanwhile does not lengthen it', async () => {
      victim = await next();
      for (let n = 0; n < 6; n += 1) expectRefusal(await guess(get(), victim.username), 401);
      const waits: number[] = [];
      for (let n = 0; n < 12; n += 1) {
        const first = await guess(get(), victim.username);
        const again = await guess(get(), victim.username);
        expect(again.headers['retry-after']).toBe(first.headers['retry-after']);
        const seconds = Number(first.headers['retry-after']);
        waits.push(seconds);
        get().clock.forward(seconds * 1000 - 1);
        expectRefusal(await guess(get(), victim.username), 429);
        get().clock.forward(1);
        expectRefusal(await guess(get(), victim.username), 401);
      }
      expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    });

    it('a success starts over', async () => {
      victim = await next();
      for (let round = 0; round < 3; round += 1) {
        for (let n = 0; n < 5; n += 1) expectRefusal(await guess(get(), victim.username), 401);
        expect((await guess(get(), victim.username, { password })).status).toBe(200);
      }
    });

    it("a guesser's success on an account of his own gives back nothing at another's", async () => {
      victim = await next();
      const mallory = await next();
      const answers: Answer[] = [];
      for (let n = 0; n < 10; n += 1) {
        answers.push(await guess(get(), victim.username));
        expect((await guess(get(), mallory.username, { password })).status).toBe(200);
      }
      expect(statuses(answers)).toEqual({ hashed: 6, refused: 4, other: 0 });
    });

    it('the doors behind the sign-in are counted too: a stolen session guesses 20 passwords an hour', async () => {
      victim = await next();
      const from = { token: victim.access_token, headers: { 'x-forwarded-for': '203.0.113.9' } };
      const wrong = 'Not-The-Password-1';
      const change = { current_password: wrong, new_password: 'Another-Wonder-1' };
      for (let n = 0; n < 10; n += 1) {
        const changed = await get().call('POST', '/users/me/password', { ...from, json: change });
        expectRefusal(changed, 400, 'wrong_password');
        const deleted = await get().call('DELETE', '/users/me', { ...from, json: { password: wrong } });
        expectRefusal(deleted, 400, 'wrong_password');
      }
      expectRefusal(await get().call('POST', '/users/me/password', { ...from, json: change }), 429);
      expectRefusal(await get().call('DELETE', '/users/me', { ...from, json: { password } }), 429);
    });

    it('and strangers who fill the account never stop its owner from changing the password', async () => {
      victim = await next();
      for (let n = 0; n < 12; n += 1) await guess(get(), victim.username);
      const change = { current_password: password, new_password: 'Another-Wonder-1' };
      const changed = await get().call('POST', '/users/me/password', {
        token: victim.access_token,
        json: change,
      });
      expect(changed.status).toBe(204);
    });

    it('an IPv6 subscriber has one address, however many he makes up', async () => {
      victim = await next();
      const answers: Answer[] = [];
      for (let n = 1; n <= 20; n += 1)
        answers.push(await guess(get(), victim.username, { from: `2001:db8:7:7:${n.toString(16)}::${n}` }));
      expect(statuses(answers)).toEqual({ hashed: 6, refused: 14, other: 0 });
    });
  });

  describe('from everywhere', () => {
    let thief: Person;
    beforeAll(async () => {
      victim = await next();
      thief = await next();
    });

    it('stops at a hundred in an hour', async () => {
      const answers: Answer[] = [];
      for (let burst = 0; burst < 6; burst += 1)
        answers.push(
          ...(await Promise.all(
            Array.from({ length: 25 }, (_, n) =>
              guess(get(), victim.email, { from: addressOf(burst * 25 + n) }),
            ),
          )),
        );
      expect(statuses(answers)).toEqual({ hashed: 100, refused: 50, other: 0 });
    });

    it('does not lock out the owner on a device that signed in before', async () => {
      const { device_token: device } = victim;
      expectRefusal(await guess(get(), victim.username, { from: '192.0.2.1', password }), 429);
      const answer = await guess(get(), victim.username, { from: '192.0.2.1', password, device });
      expect(answer.status).toBe(200);
      expect((await guess(get(), victim.email, { from: addressOf(3), password, device })).status).toBe(200);
    });

    it('knows no device by a token that is made up, changed, or of somebody else', async () => {
      const { device_token: device } = victim;
      const last = device.endsWith('A') ? 'B' : 'A';
      for (const made of [
        thief.device_token,
        `${device.slice(0, -1)}${last}`,
        `${device} `,
        `${device}=`,
        device.toLowerCase(),
        device.slice(0, 60),
        victim.access_token,
        victim.refresh_token,
        'sallyport_device_1_',
        '',
      ])
        expectRefusal(await guess(get(), victim.username, { password, device: made }), 429);
    });

    it('gives a stolen device twenty guesses an hour, and no other device pays for them', async () => {
      const stolen = (await guess(get(), victim.username, { password, device: victim.device_token })).json;
      get().clock.forward(hour);
      const other = await get().signIn(victim.username);
      const burst = () =>
        Promise.all(
          Array.from({ length: 40 }, (_, n) =>
            guess(get(), victim.username, { from: addressOf(n), device: stolen.device_token }),
          ),
        );
      // Two of one account wait for their hash; the others are 503, which counts as no failure.
      const bursts = [await burst()];
      while (statuses(bursts.at(-1) ?? []).refused < 40) bursts.push(await burst());
      expect(statuses(bursts.flat()).hashed).toBe(20);
      const owner = { password, device: other.device_token };
      expect((await guess(get(), victim.username, owner)).status).toBe(200);
      expect((await guess(get(), victim.username, { password })).status).toBe(200);
    });

    it('opens again an hour after, not sooner, and never more than a hundred in any hour', async () => {
      victim = await next();
      // Twenty at once: more may fill the queue of hashes, and a 503 counts as no failure.
      const burst = async (count: number, first: number) => {
        const answers: Answer[] = [];
        for (let done = 0; done < count; done += 20) {
          const many = Array.from({ length: Math.min(20, count - done) }, (_, n) => first + done + n);
          const from = many.map((n) => guess(get(), victim.email, { from: addressOf(n) }));
          answers.push(...(await Promise.all(from)));
        }
        return answers;
      };
      expect(statuses(await burst(60, 0)).hashed).toBe(60);
      get().clock.forward(hour / 2);
      expect(statuses(await burst(60, 100)).hashed).toBe(40);
      get().clock.forward(hour / 2 - 1000);
      expect(statuses(await burst(5, 200)).hashed).toBe(0);
      get().clock.forward(hour / 12 + 1000);
      expect(statuses(await burst(80, 300)).hashed).toBe(60);
    });
  });

  it('a change of the password voids the devices that knew the old one', async () => {
    victim = await next();
    const json = { current_password: password, new_password: 'Looking-Glass-1871' };
    const changed = await get().call('POST', '/users/me/password', { token: victim.access_token, json });
    expect(changed.status).toBe(204);
    for (let n = 0; n < 6; n += 1)
      expectRefusal(await guess(get(), victim.username, { device: victim.device_token }), 401);
    expectRefusal(await guess(get(), victim.username, { device: victim.device_token }), 429);
  });

  it('tells what it did, and neither log nor events hold a guess', async () => {
    const admin = await get().person('admin');
    const { json } = await get().call('GET', '/events?limit=100', { token: admin.access_token });
    const names = json.items.map((event: { name: string }) => event.name);
    expect(names).toEqual(expect.arrayContaining(['authentication.failed', 'throttle.opened']));
    expect(JSON.stringify(json)).not.toContain('Not-The-Password');
    expect(get().log.lines.join('\n')).not.toContain('Not-The-Password');
  });
});
