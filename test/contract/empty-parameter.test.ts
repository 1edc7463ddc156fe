import { expect, it } from 'vitest';
import { describeEachServer } from '../support/wire.js';

describeEachServer('a path that leaves the id out', {}, (get) => {
  it.each([
    ['GET', '/users/'],
    ['DELETE', '/users/'],
    ['DELETE', '/users//sessions'],
    ['GET', '/users/me/sessions/'],
    ['DELETE', '/users/me/sessions/'],
  ])('%s %s is 404, for a stranger and for an admin', async (method, path) => {
    const admin = await get().person('admin');
    for (const token of [undefined, admin.access_token])
      expect((await get().call(method, path, { token })).status).toBe(404);
  });
});
