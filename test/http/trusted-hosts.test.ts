import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createHostCheck, hostnameOf } from '../../src/http/trusted-hosts.js';
import { ask, startApp } from './http-app.js';

const passes = (allowed: readonly string[], ...hosts: readonly string[]): boolean => {
  const rawHeaders = hosts.flatMap((host) => ['HOST', host]);
  const raw = { headers: { host: hosts[0] }, rawHeaders } as unknown as IncomingMessage;
  try {
    createHostCheck(allowed)(raw);
    return true;
  } catch {
    return false;
  }
};

describe('trusted hosts', () => {
  it.each([
    'localhost',
    'LOCALHOST',
    'localhost:8000',
    '127.0.0.1:1',
    '[::1]',
    '[0:0:0:0:0:0:0:1]:80',
    'a.example.org',
    'a.b.EXAMPLE.org',
  ])('takes %s', (host) => {
    expect(passes(['localhost', '127.0.0.1', '[::1]', '*.example.org'], host)).toBe(true);
  });

  it.each([
    'example.org',
    '.example.org',
    'a..example.org',
    'evilexample.org',
    'example.org.evil',
    'localhost.evil',
    'evil',
    'a b',
    '',
    'localhost:',
    'localhost:x',
    'localhost:123456',
    'localhost,evil',
    'localhost@evil',
    'evil@localhost',
    'localhost/',
    'localhost#',
    'localhost.',
    '[::1',
    '::1',
    '[::2]',
    '[::1]x',
    'lоcalhost',
    `${'a'.repeat(300)}.example.org`,
  ])('refuses %s', (host) => {
    expect(passes(['localhost', '127.0.0.1', '[::1]', '*.example.org'], host)).toBe(false);
  });

  it('refuses none and two, however the name is spelt', () => {
    expect(passes(['*'])).toBe(false);
    expect(passes(['*'], 'localhost', 'localhost')).toBe(false);
    expect(passes(['*'], 'anything.at.all')).toBe(true);
    expect(passes(['*'], 'a b')).toBe(false);
  });

  it('reads the host of an authority', () => {
    expect(hostnameOf('Example.org:443')).toBe('example.org');
    expect(hostnameOf('[::FFFF:127.0.0.1]:1')).toBe('127.0.0.1');
  });

  it('is not held up by hostile hosts', () => {
    for (const host of [`${'a-'.repeat(120)}!`, `${'a.'.repeat(120)}!`, `${'a'.repeat(255)}!`]) {
      for (let times = 0; times < 1_000; times += 1) expect(passes(['localhost'], host)).toBe(false);
    }
  });

  it('says so on the wire, whatever the route', async () => {
    const server = await startApp();
    for (const path of ['/hello', '/nothing', '/people/1']) {
      const answer = await ask(
        server.port,
        `GET ${path} HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n`,
      );
      expect(answer.json()).toMatchObject({ detail: 'Invalid host header', code: 'invalid_host' });
    }
    const spoofed = await ask(
      server.port,
      'GET /hello HTTP/1.1\r\nHost: evil\r\nX-Forwarded-Host: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(spoofed.status).toBe(400);
    for (const target of [
      'http://user@localhost/hello',
      'http://localhost:81/hello',
      'ftp://localhost/hello',
      'http:///hello',
      '//evil/hello',
    ]) {
      const answer = await ask(
        server.port,
        `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect(answer.status, target).toBeGreaterThanOrEqual(400);
    }
    const own = await ask(
      server.port,
      'GET http://LOCALHOST:80?q=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(own.status).toBe(404);
    await server.app.close();
  });
});
