import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { askRaw, expectRefusal, requestBytes } from '../support/raw-socket.js';
import { describeEachServer } from '../support/wire.js';

const secret = 'Swordfish-Canary-1';
const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data; boundary=x';
const register = (more: string) =>
  `{"email":"e@example.org","username":"eve_1","password":"${secret}"${more}}`;
const deep = 20_000;

/** Bodies that must be refused, each with the type under which it is sent, its route and the status. */
const bodies: readonly (readonly [
  name: string,
  path: string,
  type: string,
  body: string | Buffer,
  status: number,
])[] = [
  ['NUL in a field', '/auth/register', json, register(',"full_name":"a\\u0000b"'), 422],
  [
    'NUL in an e-mail',
    '/auth/register',
    json,
    '{"email":"a\\u0000@example.org","username":"abc","password":"x"}',
    422,
  ],
  ['a bare NUL in JSON', '/auth/register', json, register(',"full_name":"a\0b"'), 422],
  ['a lone surrogate', '/auth/register', json, register(',"full_name":"\\ud800"'), 422],
  ['a lone surrogate in a bio', '/auth/register', json, register(',"bio":"x\\udfff"'), 422],
  [
    'a lone surrogate in a password',
    '/auth/register',
    json,
    '{"email":"e@example.org","username":"abc","password":"Pass-word1\\ud800"}',
    422,
  ],
  ['a bidirectional mark', '/auth/register', json, register(',"full_name":"\\u202egnp"'), 422],
  [
    'invalid UTF-8',
    '/auth/register',
    json,
    Buffer.concat([Buffer.from('{"email":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    422,
  ],
  [
    'overlong UTF-8',
    '/auth/register',
    json,
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    422,
  ],
  ['UTF-16', '/auth/register', json, Buffer.from(register(''), 'utf16le'), 422],
  ['a byte order mark', '/auth/register', json, `\ufeff${register('')},`, 422],
  ['20,000 brackets', '/auth/register', json, '['.repeat(deep) + ']'.repeat(deep), 422],
  ['20,000 open brackets', '/auth/register', json, '['.repeat(deep), 422],
  ['9,000 objects', '/auth/register', json, `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`, 422],
  [
    'nesting within a field',
    '/auth/register',
    json,
    register(`,"bio":${'['.repeat(deep)}${']'.repeat(deep)}`),
    422,
  ],
  ['a field of 1 MB', '/auth/register', json, register(`,"bio":"${'x'.repeat(1_000_000)}"`), 413],
  ['a name of 60 KB', '/auth/register', json, register(`,"${'x'.repeat(60_000)}":1`), 422],
  ['a field of 60 KB', '/auth/register', json, register(`,"bio":"${'x'.repeat(60_000)}"`), 422],
  [
    '10,000 fields',
    '/auth/register',
    json,
    `{${Array.from({ length: 6_000 }, (_, n) => `"f${n}":1`).join(',')}}`,
    422,
  ],
  ['1e400', '/auth/register', json, register(',"bio":1e400'), 422],
  ['a number of 20,000 digits', '/auth/register', json, register(`,"bio":${'9'.repeat(20_000)}`), 422],
  ['-0 and an exponent bomb', '/auth/register', json, register(',"bio":-0e999999999999'), 422],
  ['NaN', '/auth/register', json, register(',"bio":NaN'), 422],
  ['__proto__', '/auth/register', json, register(',"__proto__":{"role":"admin"}'), 422],
  ['__proto__ escaped', '/auth/register', json, register(',"\\u005f_proto__":{"role":"admin"}'), 422],
  ['__proto__ deep', '/auth/register', json, register(',"bio":{"a":[{"__proto__":1}]}'), 422],
  ['constructor', '/auth/register', json, register(',"constructor":{"prototype":{"role":"admin"}}'), 422],
  ['prototype', '/auth/register', json, register(',"prototype":1'), 422],
  ['toString', '/auth/register', json, register(',"toString":1'), 422],
  ['a name twice', '/auth/register', json, register(',"username":7,"role":"admin"'), 422],
  ['nothing', '/auth/register', json, '', 422],
  ['null', '/auth/register', json, 'null', 422],
  ['a list', '/auth/register', json, `[${register('')}]`, 422],
  ['a string', '/auth/register', json, '"x"', 422],
  ['JSON with a tail', '/auth/register', json, `${register('')}${register('')}`, 422],
  ['JSON with a comment', '/auth/register', json, `/**/${register('')}`, 422],
  ['a trailing comma', '/auth/register', json, register(','), 422],
  ['single quotes', '/auth/register', json, register('').replaceAll('"', "'"), 422],
  [
    'e-mail with a header',
    '/auth/register',
    json,
    '{"email":"a@b.org\\r\\nBcc: x@y.org","username":"abc","password":"x"}',
    422,
  ],
  [
    'username with a line end',
    '/auth/register',
    json,
    '{"email":"e@example.org","username":"admin\\n","password":"x"}',
    422,
  ],
  [
    '100 KB of @',
    '/auth/register',
    json,
    `{"email":"${'@'.repeat(60_000)}","username":"abc","password":"x"}`,
    422,
  ],
  ['JSON as text', '/auth/register', 'text/plain', register(''), 415],
  ['JSON as a form', '/auth/register', form, register(''), 415],
  [
    'JSON as XML',
    '/auth/register',
    'application/xml',
    '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>',
    415,
  ],
  ['JSON as JSON-ish', '/auth/register', 'application/jsonx', register(''), 415],
  ['JSON in Latin-1', '/auth/register', `${json}; charset=iso-8859-1`, register(''), 415],
  ['JSON in UTF-7', '/auth/register', `${json}; charset=utf-7`, register(''), 415],
  ['two types', '/auth/register', `${json}, ${form}`, register(''), 415],
  ['a type that is none', '/auth/register', ';;;', register(''), 415],
  ['a form as JSON', '/auth/token', json, `{"username":"eve_1","password":"${secret}"}`, 415],
  ['an empty form', '/auth/token', form, '', 422],
  ['a form without a value', '/auth/token', form, 'username&password', 422],
  ['a name twice in a form', '/auth/token', form, `username=a&username=b&password=${secret}`, 422],
  ['a list in a form', '/auth/token', form, `username[]=a&password[$ne]=${secret}`, 422],
  ['__proto__ in a form', '/auth/token', form, `__proto__[username]=a&__proto__=b&password=${secret}`, 422],
  ['a broken escape', '/auth/token', form, `username=%zz&password=${secret}`, 422],
  ['invalid UTF-8 by escape', '/auth/token', form, `username=%ff%fe&password=${secret}`, 422],
  ['10,000 fields in a form', '/auth/token', form, 'a=1&'.repeat(10_000), 422],
  ['a password of 60 KB', '/auth/token', form, `username=a&password=${'x'.repeat(60_000)}`, 422],
  ['multipart without a boundary', '/auth/token', 'multipart/form-data', '--x--', 422],
  ['multipart with another boundary', '/auth/token', multipart, '--y\r\n\r\n--y--', 422],
  [
    'multipart cut short',
    '/auth/token',
    multipart,
    `--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n${secret}`,
    422,
  ],
  [
    'multipart with a file',
    '/auth/token',
    multipart,
    `--x\r\nContent-Disposition: form-data; name="password"; filename="../x"\r\n\r\n${secret}\r\n--x--\r\n`,
    422,
  ],
  [
    'multipart with __proto__',
    '/auth/token',
    multipart,
    '--x\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\n1\r\n--x--\r\n',
    422,
  ],
  [
    'multipart without a name',
    '/auth/token',
    multipart,
    '--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n',
    422,
  ],
  [
    'multipart garbage',
    '/auth/token',
    multipart,
    Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * 7919) % 256)),
    422,
  ],
  ['a revocation without a token', '/auth/revoke', form, 'token=', 422],
  ['a token of 60 KB', '/auth/revoke', form, `token=${'x'.repeat(60_000)}`, 422],
  ['a token of 100 KB', '/auth/revoke', form, `token=${'x'.repeat(100_000)}`, 413],
];

describeEachServer('attack: bodies', {}, (get) => {
  afterEach(async () => {
    expect((await get().call('GET', '/healthz')).status).toBe(200);
  });

  it.each(bodies)('%s', async (_name, path, type, body, status) => {
    const lines = [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`];
    const answer = await askRaw(get().port, requestBytes('POST', path, lines, body));
    expectRefusal(answer, status);
    expect(answer.body).not.toMatch(/Swordfish|node_modules|\bat .*:\d+:\d+|SyntaxError|SELECT/);
  });

  it.each(['gzip', 'GZIP', 'deflate', 'br', 'zstd', 'identity, gzip', 'x-gzip', 'chunked'])(
    'content-encoding %s is 415: nothing is unpacked',
    async (encoding) => {
      const body = gzipSync(Buffer.alloc(1_000_000, 0x20));
      const lines = [
        `Content-Type: ${json}`,
        `Content-Encoding: ${encoding}`,
        `Content-Length: ${body.length}`,
      ];
      expectRefusal(await askRaw(get().port, requestBytes('POST', '/auth/register', lines, body)), 415);
    },
  );

  describe('in the path and the query', () => {
    it.each([
      ['/users?limit=1e400', 422],
      ['/users?limit=99999999999999999999', 422],
      ['/users?limit=-1', 422],
      ['/users?limit=1.5', 422],
      ['/users?limit=0x10', 422],
      ['/users?limit=', 422],
      ['/users?limit=1&limit=2', 422],
      ['/users?limit[]=1', 422],
      ['/users?limit=NaN', 422],
      ['/users?search=a', 422],
      [`/users?search=${'a'.repeat(51)}`, 422],
      ['/users?search=ab%00', 422],
      ['/users?cursor=%00', 422],
      ['/users?cursor=x', 422],
      [`/users?cursor=${'x'.repeat(201)}`, 422],
      ["/users?cursor=' OR 1=1--".replaceAll(' ', '+'), 422],
      [`/users?cursor=${Buffer.from('[1e400,{}]').toString('base64url')}`, 422],
      [`/users?cursor=${Buffer.from('{"__proto__":1}').toString('base64url')}`, 422],
      ['/users?__proto__=1', 422],
      ['/users?constructor[prototype][x]=1', 422],
      ['/users?hasOwnProperty=1', 422],
      ['/users?%zz=1', 422],
      ['/events?cursor=x', 422],
      ['/events?cursor=%F0%9F%92%A9', 422],
      ['/events?limit=101', 422],
      ['/users/99999999999999', 422],
      ['/users/%00', 422],
      ["/users/'%20OR%20'1'='1", 422],
      ['/users/018f0000-0000-7000-8000-00000000000G', 422],
      ['/users/..', 422],
      ['/users/%c0%ae%c0%ae', 400],
      ['/users/%ff', 400],
      ['/%', 400],
      [`/users/${'a'.repeat(600)}`, 414],
      [`/users?search=${'a'.repeat(9_000)}`, 414],
      [`/${'a/'.repeat(3_000)}`, 404],
    ])('%s is %i', async (target, status) => {
      const admin = await get().person('admin');
      const lines = [`Authorization: Bearer ${admin.access_token}`];
      const answer = await askRaw(get().port, requestBytes('GET', target, lines));
      if (status === 422 && answer.status === 400) expectRefusal(answer, 400, 'bad_request');
      else expectRefusal(answer, status);
    });

    it.each([
      "' OR '1'='1",
      '%',
      '_',
      '%%',
      '\\',
      '"; DROP TABLE sallyport_accounts; --',
      '%s%n',
      '{{7*7}}',
      '(a+)+$',
      '😀😀',
    ])('a search for %s finds only what holds it', async (search) => {
      const admin = await get().person('admin');
      const query = new URLSearchParams({ search });
      const answer = await get().call('GET', `/users?${query}`, { token: admin.access_token });
      if (answer.status === 200) expect(answer.json.items).toEqual([]);
      else expectRefusal(answer, 422);
    });
  });

  it.each(['%ff%fe', '%ed%a0%80', '%c0%af%c0%af', '%zz%zz'])(
    'a search for the bytes %s, which are no UTF-8, is refused',
    async (bytes) => {
      const admin = await get().person('admin');
      const answer = await get().call('GET', `/users?search=ab${bytes}`, { token: admin.access_token });
      expectRefusal(answer, 422);
    },
  );

  it('keeps no password and no token in its log, whatever was wrong with the body', () => {
    expect(get().log.lines.length).toBeGreaterThan(50);
    expect(get().log.lines.join('\n')).not.toMatch(/Swordfish|eyJ[\w-]{20}/);
  });
});
