import { expect, it } from 'vitest';
import { describeEachServer, password } from '../support/wire.js';

// A hash of 60 ms: the lane is full for two seconds, while a sign-in takes milliseconds to come.
describeEachServer('the lane of known callers', { env: { SECURITY_BCRYPT_ROUNDS: '10' } }, (get) => {
  it('is not filled by one account that changes its password without end', async () => {
    const owner = await get().person();
    const greedy = await get().person();
    // Each session has twenty tries of its own.
    const sessions = [greedy, await get().signIn(greedy.username), await get().signIn(greedy.username)];
    const changes = Array.from({ length: 60 }, (_, n) =>
      get().call('POST', '/users/me/password', {
        token: sessions[n % 3]?.access_token,
        json: { current_password: password, new_password: `Looking-Glass-${n}` },
      }),
    );
    // One was refused: whatever can wait, waits now.
    await new Promise<void>((resolve) => {
      for (const one of changes) void one.then(({ status }) => status === 503 && resolve());
    });
    const form = { username: owner.username, password, device_token: owner.device_token };
    const signIns = await Promise.all([1, 2].map(() => get().call('POST', '/auth/token', { form })));
    expect(signIns.map(({ status }) => status)).toEqual([200, 200]);
    await Promise.all(changes);
  });

  it('takes no hash for a new password that is the old one', async () => {
    const person = await get().person();
    const json = { current_password: 'Wrong-1865', new_password: 'Wrong-1865' };
    const token = person.access_token;
    for (let n = 0; n < 30; n += 1) {
      const answer = await get().call('POST', '/users/me/password', { token, json });
      expect([answer.status, answer.json.detail[0].loc]).toEqual([422, ['body', 'new_password']]);
    }
  });
});
