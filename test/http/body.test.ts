import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/base/errors.js';
import { parseJsonBody } from '../../src/http/json-body.js';
import { parseMultipartBody } from '../../src/http/multipart-body.js';
import { parseUrlencodedBody } from '../../src/http/urlencoded-body.js';
import { type Answer, json, request, startApp, type TestApp } from './http-app.js';

const parse = (text: string | Buffer): unknown => parseJsonBody(Buffer.from(text));
const form = (text: string): unknown => parseUrlencodedBody(Buffer.from(text));
const boundary = 'XX';
const multipartType = `multipart/form-data; boundary=${boundary}`;
const part = (name: string, value: string, more = ''): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const multipart = (...parts: readonly string[]): Promise<unknown> =>
  parseMultipartBody(multipartType, Buffer.from(`${parts.join('')}--${boundary}--\r\n`));

describe('JSON bodies', () => {
  it('gives what JSON.parse gives, for any plain document', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), fc.nat(2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!/"(?:__proto__|constructor)"/.test(text));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('answers any bytes with a value or a 422 list that does not quote them', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        try {
          parseJsonBody(Buffer.from(body));
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
          expect((error as InvalidInput).issues).toHaveLength(1);
          expect((error as InvalidInput).issues[0]).toMatchObject({ loc: ['body'], type: 'json_invalid' });
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['__proto__', '{"__proto__":{"role":"admin"}}'],
    ['__proto__, escaped', '{"\\u005f_proto__":1}'],
    ['__proto__, deep', '[{"a":[{"__proto__" : 1}]}]'],
    ['constructor.prototype', '{"constructor":{"prototype":{"a":1}}}'],
    ['the same key twice', '{"role":"user","role":"admin"}'],
    ['the same key twice, escaped', '{"role":"user","r\\u006fle":"admin"}'],
    ['the same key twice, deep', '{"a":[{"b":1,"c":{},"b":2}]}'],
    ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['20,000 levels', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['20,000 levels of objects', `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`],
    ['20,000 open brackets', '['.repeat(20_000)],
    ['NaN', '{"a":NaN}'],
    ['a comment', '{}//'],
    ['a trailing comma', '[1,]'],
    ['two documents', '{}{}'],
    ['white space only', ' '],
    ['a raw NUL', '{"a":"\0"}'],
    ['cut UTF-8', Buffer.from([0x22, 0xc3, 0x22])],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ])('refuses %s', (_what, text) => {
    expect(() => parse(text)).toThrow(InvalidInput);
  });

  it.each([
    ['{"a":{"b":1},"c":{"b":2},"b":[{"b":1},{"b":1}]}'],
    ['{"constructor":"x","prototype":"y"}'],
    ['{"a":"__proto__"}'],
    ['["__proto__","a","a"]'],
    ['{"a":"\\":{[","b":"\\\\"}'],
    [`${'['.repeat(64)}${']'.repeat(64)}`],
    ['\uFEFF{"a":1}'],
    ['1e400'],
  ])('takes %s', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text.replace('\uFEFF', '')));
  });
});

describe('form bodies', () => {
  it('reads what URLSearchParams writes', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 20 }), (fields) => {
        const entries = Object.entries(fields);
        const parsed = form(new URLSearchParams(entries).toString());
        expect(parsed).toEqual(Object.fromEntries(entries));
      }),
      { numRuns: 300 },
    );
  });

  it('answers any bytes with fields or a 422 list', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        try {
          for (const value of Object.values(parseUrlencodedBody(Buffer.from(body))))
            expect(value).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    'a=1&a=2',
    'a=1&%61=2',
    'a=%',
    'a=%zz',
    'a=%ff',
    'a=%ed%a0%80',
    '__proto__=1',
    '=1',
    `${'a'.repeat(101)}=1`,
    Array.from({ length: 65 }, (_, at) => `f${at}=1`).join('&'),
  ])('refuses %s', (text) => {
    expect(() => form(text)).toThrow(InvalidInput);
  });

  it('takes empty, valueless and plus-coded fields', () => {
    expect(form('a=b+c%2B&&d&e=f=g')).toEqual({ a: 'b c+', d: '', e: 'f=g' });
    expect(form('')).toEqual({});
  });
});

describe('multipart bodies', () => {
  it('takes text fields', async () => {
    expect(await multipart(part('username', 'zoë'), part('password', 'a\r\nb'))).toEqual({
      username: 'zoë',
      password: 'a\r\nb',
    });
    expect(await multipart()).toEqual({});
  });

  it.each([
    ['a file', [part('a', 'x', '; filename="x.txt"')]],
    ['a field twice', [part('a', '1'), part('a', '2')]],
    ['__proto__', [part('__proto__', '1')]],
    ['no name', [`--${boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n`]],
    ['too many fields', Array.from({ length: 70 }, (_, at) => part(`f${at}`, '1'))],
    ['a huge name', [part('a'.repeat(300), '1')]],
  ])('refuses %s', async (_what, parts) => {
    await expect(multipart(...parts)).rejects.toBeInstanceOf(InvalidInput);
  });

  it('refuses what is cut, foreign or no UTF-8, and never hangs', async () => {
    const whole = `${part('a', '1')}--${boundary}--\r\n`;
    for (const body of ['', 'x', whole.slice(0, -8), whole.slice(0, 30), whole.replaceAll('XX', 'YY')]) {
      await expect(parseMultipartBody(multipartType, Buffer.from(body)), body).rejects.toBeInstanceOf(
        InvalidInput,
      );
    }
    await expect(parseMultipartBody('multipart/form-data', Buffer.from(whole))).rejects.toBeInstanceOf(
      InvalidInput,
    );
    const broken = Buffer.concat([
      Buffer.from(part('a', 'x').slice(0, -3)),
      Buffer.from([0xff]),
      Buffer.from('\r\n--XX--'),
    ]);
    await expect(async () => parseMultipartBody(multipartType, broken)).rejects.toBeInstanceOf(InvalidInput);
  });

  it('answers any bytes with fields or a 422 list', async () => {
    const fragment = fc.oneof(
      fc.constantFrom(
        '--XX',
        '--XX--',
        '\r\n',
        'Content-Disposition: form-data; name="a"',
        '\r\n\r\n',
        'x',
        '"',
        ';',
        'filename=a',
      ),
      fc.string({ maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fragment, { maxLength: 20 }), async (fragments) => {
        try {
          const fields = await parseMultipartBody(multipartType, Buffer.from(fragments.join('')));
          for (const value of Object.values(fields)) expect(value).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('bodies on the wire', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.app.close());
  const typed = (type: string, body: string, more: Record<string, string> = {}): Promise<Answer> =>
    request(server.port, { method: 'POST', path: '/echo', headers: { 'content-type': type, ...more }, body });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON;charset="UTF-8"',
    'application/json; charset=utf8',
    'application/json; profile="a;b"',
  ])('takes JSON as %s', async (type) => {
    expect((await typed(type, '{"a":"é"}')).json()).toEqual({ got: { a: 'é' } });
  });

  it.each([
    'text/plain',
    'text/json',
    'application/xml',
    'application/problem+json',
    'application/jsonx',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=utf-7',
    'application/x-www-form-urlencoded; charset=latin1',
    'application',
    '/',
    ';',
    ', application/json',
    'application/json, text/plain',
    'multipart/mixed; boundary=XX',
  ])('refuses %s with 415', async (type) => {
    const answer = await typed(type, '{}');
    expect(answer.status).toBe(415);
    expect(answer.json()).toMatchObject({ code: 'unsupported_media_type' });
  });

  it('refuses coded bodies', async () => {
    expect((await typed('application/json', '{}', { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await typed('application/json', '{}', { 'content-encoding': 'identity' })).status).toBe(200);
  });

  it('misses an empty body where a schema wants one, and only there', async () => {
    const answer = await request(server.port, { ...json(''), path: '/people' });
    expect(answer.json()).toMatchObject({
      detail: [{ loc: ['body'], type: 'missing', msg: 'Field required' }],
    });
    const none = await request(server.port, { method: 'POST', path: '/people' });
    expect(none.json()).toMatchObject({ detail: [{ loc: ['body'], type: 'missing' }] });
    expect((await request(server.port, json(''))).status).toBe(200);
  });

  it('reads forms of both kinds', async () => {
    expect((await typed('application/x-www-form-urlencoded', 'a=b')).json()).toEqual({ got: { a: 'b' } });
    const body = `${part('a', 'b')}--${boundary}--\r\n`;
    expect((await typed(multipartType, body)).json()).toEqual({ got: { a: 'b' } });
  });

  it('keeps the connection after a body that was read, and closes it after one that was not', async () => {
    const bad = await request(server.port, {
      ...json('{'),
      headers: { 'content-type': 'application/json', connection: 'keep-alive, close' },
    });
    expect(bad.status).toBe(422);
    const unread = await request(server.port, { ...json('{}'), path: '/guarded' });
    expect(unread.headers['connection']).toBe('close');
  });

  it('lets a client that sends 1 MB read its 413', async () => {
    const body = 'x'.repeat(1024 * 1024);
    for (const type of [
      'application/json',
      'application/x-www-form-urlencoded',
      multipartType,
      'text/plain',
    ]) {
      for (const path of ['/echo', '/guarded', '/nothing']) {
        const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
          method: 'POST',
          headers: { 'content-type': type },
          body,
        });
        const expected =
          path === '/guarded' ? 401 : path === '/nothing' ? 404 : type === 'text/plain' ? 415 : 413;
        expect(response.status).toBe(expected);
        expect(await response.json()).toHaveProperty('request_id');
      }
    }
  });
});
