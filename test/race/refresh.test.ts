import { expect, test } from 'vitest';
import { type Answer, describeEachServer, limitsOn, password, type TestServer } from '../support/wire.js';

const refresh = (server: TestServer, token: string) =>
  server.call('POST', '/auth/token', { form: { grant_type: 'refresh_token', refresh_token: token } });
const twenty = (send: () => Promise<Answer>) => Promise.all(Array.from({ length: 20 }, send));
const living = (server: TestServer) =>
  server.store.db
    .selectFrom('sallyport_refresh_tokens')
    .select('digest')
    .where('consumed_at', 'is', null)
    .execute();

describeEachServer('one refresh token twenty-fold, within the grace', {}, (get) => {
  test('every answer is 200 with the one successor, and one chain lives on', async () => {
    const person = await get().person();
    const answers = await twenty(() => refresh(get(), person.refresh_token));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const successors = [...new Set(answers.map(({ json }) => json.refresh_token))];
    expect(successors).toHaveLength(1);
    for (const { json } of answers)
      expect((await get().call('GET', '/users/me', { token: json.access_token })).status).toBe(200);
    expect(await living(get())).toHaveLength(1);
    expect((await refresh(get(), successors[0])).status).toBe(200);
    // The successor has been used: the old token has become a stolen one, grace or not.
    expect((await refresh(get(), person.refresh_token)).json.error).toBe('invalid_grant');
    expect((await refresh(get(), successors[0])).status).toBe(400);
  });
});

const strict = { env: { SECURITY_JWT_REFRESH_GRACE_SECONDS: '0' } };
describeEachServer('one refresh token twenty-fold, without a grace', strict, (get) => {
  test('exactly one 200, and the family is dead', async () => {
    const person = await get().person();
    const answers = await twenty(() => refresh(get(), person.refresh_token));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const { status, json } of answers.filter((one) => one !== won[0])) {
      expect(status).toBe(400);
      expect(json.error).toBe('invalid_grant');
    }
    const { access_token: token, refresh_token: successor } = won[0]?.json ?? {};
    expect((await refresh(get(), successor)).status).toBe(400);
    expect((await get().call('GET', '/users/me', { token })).status).toBe(401);
    expect((await get().call('GET', '/users/me', { token: person.access_token })).status).toBe(401);
  });
});

describeEachServer('guesses at one password', {}, (get) => {
  const guess = (username: string, given: string) =>
    get().call('POST', '/auth/token', { form: { username, password: given } });

  test('twenty in parallel, under e-mail and username, get no further than six', async () => {
    const { username, email } = await get().person();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => guess(i % 2 === 0 ? username : email, `Wrong-guess-${i}`)),
    );
    const wrong = answers.filter(({ status }) => status === 401);
    expect(wrong.length).toBeLessThanOrEqual(6);
    for (const { status, headers } of answers.filter((one) => !wrong.includes(one))) {
      expect(status).toBe(429);
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    }
    expect((await guess(username, password)).status).toBe(429);
  });
});

describeEachServer('sign-ins from one address', { env: limitsOn }, (get) => {
  test('forty in parallel: thirty are heard', async () => {
    // Each under another name, so that the throttle on one account has no part in it.
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        get().call('POST', '/auth/token', { form: { username: `nobody_${i}`, password } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(30);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
  });
});
