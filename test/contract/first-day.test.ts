import { expect, it } from 'vitest';
import { describeEachServer, password } from '../support/wire.js';

describeEachServer('the first day', {}, (get) => {
  it('registers, signs in by username and by e-mail, and passes one guard', async () => {
    const server = get();
    const registration = {
      email: 'Alice@Example.org',
      username: 'Alice',
      password,
      full_name: 'Alice Liddell',
    };
    const made = await server.call('POST', '/auth/register', { json: registration });
    expect(made.status).toBe(201);
    expect(Object.keys(made.json).sort()).toEqual([
      'bio',
      'created_at',
      'email',
      'full_name',
      'id',
      'is_active',
      'role',
      'username',
    ]);
    expect(made.json).toMatchObject({
      email: 'Alice@Example.org',
      username: 'alice',
      role: 'user',
      bio: null,
    });
    for (const username of ['alice', 'ALICE', 'alice@example.org']) {
      const tokens = await server.signIn(username);
      expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 1800 });
      const me = await server.call('GET', '/users/me', { token: tokens.access_token });
      expect(me.status).toBe(200);
      expect(me.json).toEqual(made.json);
    }
  });

  it('refuses without a token, and with one that does not hold', async () => {
    const none = await get().call('GET', '/users/me');
    expect([none.status, none.json.detail]).toEqual([401, 'Not authenticated']);
    expect(none.headers['www-authenticate']).toBe('Bearer');
    const forged = await get().call('GET', '/users/me', { token: 'a.b.c' });
    expect([forged.status, forged.json.detail]).toEqual([401, 'Could not validate credentials']);
    expect(forged.headers['www-authenticate']).toContain('error="invalid_token"');
  });
});
