import { describe, expect, it } from 'vitest';
import { ConfigurationError, docsGate, requestLimit } from '../../dist/index.js';
import { existingApp, existingSettings, listen, plainApp } from '../support/existing.js';
import { askRaw, requestBytes } from '../support/raw-socket.js';

describe('requestLimit alone', () => {
  const three = { SECURITY_RATE_LIMIT_REQUESTS: '3' };

  it('counts each client, unknown paths too, and says when to come again', async () => {
    const app = plainApp();
    await app.register(requestLimit, { settings: await existingSettings(three), except: ['/health'] });
    const to = await listen(app);
    const first = await to.get('/hello');
    expect([first.status, first.headers['ratelimit']]).toEqual([200, '"default";r=2;t=3600']);
    expect((await to.get('/nothing')).status).toBe(404);
    expect((await to.call('HEAD', '/hello')).status).toBe(200);
    const refused = await to.get('/hello');
    expect([refused.status, refused.json.code]).toEqual([429, 'too_many_requests']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['cache-control']).toBe('no-store');
    expect((await to.get('/health')).status).toBe(200);
  });

  it('counts on the address that is proven, whatever the client or trustProxy says', async () => {
    const app = existingApp({ trustProxy: true });
    app.get('/hello', async () => 'x');
    await app.register(requestLimit, { settings: await existingSettings(three) });
    const to = await listen(app);
    const statuses: number[] = [];
    for (const address of ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'])
      statuses.push((await to.get('/hello', { headers: { 'x-forwarded-for': address } })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});

describe('docsGate alone', () => {
  const withDocs = () => {
    const app = existingApp({ routerOptions: { caseSensitive: false, ignoreDuplicateSlashes: true } });
    app.get('/docs', async () => 'page');
    app.get('/docs/*', async () => 'asset');
    app.get('/openapi.json', async () => ({}));
    app.get('/documents', async () => 'mine');
    app.get('/:anything', async () => 'wildcard');
    app.get('/static/*', async () => 'static');
    return app;
  };
  const paths = ['/docs', '/openapi.json'];

  it('lets the docs exist under DEBUG alone; elsewhere they are like any unknown path', async () => {
    for (const [DEBUG, status] of [
      ['true', 200],
      ['false', 404],
    ] as const) {
      const app = withDocs();
      await app.register(docsGate, { settings: await existingSettings({ DEBUG }), paths });
      const to = await listen(app);
      for (const path of ['/docs', '/docs/ui.js', '/openapi.json'])
        expect([path, (await to.get(path)).status]).toEqual([path, status]);
      expect((await to.get('/documents')).text).toBe('mine');
      expect((await to.get('/other')).text).toBe('wildcard');
      if (status === 200) continue;
      expect((await to.get('/docs')).json.message).toBe('Route GET:/docs not found');
    }
  });

  it('is not got round by another spelling, another method or a wildcard route', async () => {
    const app = withDocs();
    app.post('/docs', async () => 'posted');
    await app.register(docsGate, { settings: await existingSettings(), paths });
    const { port } = await listen(app);
    const spellings = [
      ...['/docs?x=1', '/docs#', '/%64ocs', '/DOCS', '/Docs/ui.js', '//docs', '/docs/', '/docs//ui.js'],
      ...[
        '/docs/..%2fdocs',
        '/openapi%2ejson',
        '/OpenAPI.json',
        '/static/..%2f..%2fdocs',
        '/static/..%5C..%2FDOCS',
        '/docs;a=b',
      ],
    ];
    for (const path of spellings) {
      const answer = await askRaw(port, requestBytes('GET', path));
      expect([path, answer.status]).toEqual([path, 404]);
    }
    expect((await askRaw(port, requestBytes('GET', `http://127.0.0.1:${port}/docs`))).status).toBe(404);
    expect((await askRaw(port, requestBytes('HEAD', '/docs'))).status).toBe(404);
    expect((await askRaw(port, requestBytes('POST', '/docs', ['Content-Length: 0']))).status).toBe(404);
  });

  it('is not got round by a hook that rewrites the URL', async () => {
    const app = withDocs();
    app.addHook('onRequest', async ({ raw }) => {
      raw.url = '/elsewhere';
    });
    await app.register(docsGate, { settings: await existingSettings(), paths });
    expect((await (await listen(app)).get('/docs/ui.js')).status).toBe(404);
  });

  it('refuses the start for a path at which nothing can be, under DEBUG too', async () => {
    const app = existingApp();
    app.get('/files/*', async () => 'x');
    await app.register(docsGate, {
      settings: await existingSettings({ DEBUG: 'true' }),
      paths: ['/files/docs', '/dcos'],
    });
    await expect(app.ready()).rejects.toThrow('docsGate: paths names /dcos, and no route is there.');
  });

  it('refuses to close nothing, or everything', async () => {
    const settings = await existingSettings();
    for (const given of [[], ['/']])
      await expect(existingApp().register(docsGate, { settings, paths: given })).rejects.toThrow(
        ConfigurationError,
      );
  });
});
