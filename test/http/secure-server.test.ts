import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, parseAnswer, sendRaw, startApp, type TestApp } from './http-app.js';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));
const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
afterAll(() => rmSync(folder, { recursive: true }));

function makeCertificate(): void {
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', tls.keyFile];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', tls.certFile, ...subject], { stdio: 'ignore' });
}

const askTls = (
  port: number,
  bytes: string,
  maxVersion: 'TLSv1.1' | 'TLSv1.3' = 'TLSv1.3',
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const low =
      maxVersion === 'TLSv1.1' ? ({ minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const) : {};
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion, ...low });
    let seen = '';
    socket.on('secureConnect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(parseAnswer(seen)));
  });

describe('built-in TLS', () => {
  let server: TestApp;
  beforeAll(async () => {
    makeCertificate();
    server = await startApp({ tls, requireHttps: true });
  });
  afterAll(() => server.app.close());

  it.each([
    ['an answer', 'GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 200],
    ['404', 'GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 404],
    ['401', 'GET /guarded HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 401],
    ['500', 'GET /fault HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 500],
    ['garbage', 'garbage\r\n\r\n', 400],
    ['431', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ])('sends HSTS on %s', async (_what, bytes, status) => {
    const answer = await askTls(server.port, bytes);
    expect(answer.status).toBe(status);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    expect(answer.headers['x-frame-options']).toBe('DENY');
  });

  it('speaks nothing below TLS 1.2, and no plain http', async () => {
    await expect(askTls(server.port, 'GET / HTTP/1.1\r\n\r\n', 'TLSv1.1')).rejects.toThrow();
    expect(await sendRaw(server.port, 'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n')).not.toContain(
      'HTTP/1.1 200',
    );
  });

  it('says which file it cannot use', async () => {
    await expect(startApp({ tls: { ...tls, certFile: '/nowhere' } })).rejects.toThrow(
      'TLS_CERT_FILE: cannot read /nowhere',
    );
    const broken = join(folder, 'broken.pem');
    writeFileSync(broken, 'x');
    await expect(startApp({ tls: { ...tls, keyFile: broken } })).rejects.toThrow('TLS_KEY_FILE');
  });
});
