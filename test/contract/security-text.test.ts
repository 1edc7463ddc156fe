import { expect, it } from 'vitest';
import { describeEachServer } from '../support/wire.js';

const contacts = 'mailto:security@example.org,https://example.org/report';

describeEachServer('security.txt with SECURITY_CONTACT', { env: { SECURITY_CONTACT: contacts } }, (get) => {
  it('names the contacts in their order, when it expires and where it lies (RFC 9116)', async () => {
    const answer = await get().call('GET', '/.well-known/security.txt');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    const expires = new Date(get().clock.now() + 180 * 24 * 60 * 60 * 1000).toISOString();
    expect(answer.text.split('\n')).toEqual([
      'Contact: mailto:security@example.org',
      'Contact: https://example.org/report',
      `Expires: ${expires}`,
      'Canonical: http://127.0.0.1/.well-known/security.txt',
      '',
    ]);
  });
});

describeEachServer('security.txt without it', {}, (get) => {
  it('is 404 like any path that does not exist', async () => {
    expect((await get().call('GET', '/.well-known/security.txt')).status).toBe(404);
  });
});
