import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dependency, fromRequest, guard } from '../../src/access/dependency.js';
import { headers, params, rawBody } from '../../src/access/inputs.js';
import { paramsOf } from '../../src/access/route-checks.js';
import { ConfigurationError } from '../../src/base/errors.js';
import { currentUser, testApp } from './app.js';

const Message = z.object({ message: z.string() });
const response = { 200: Message };
const open = { access: 'public', response };
const id = z.object({ id: z.string() });
const reads = dependency('reads', { p: params(id) }, () => 1);
const shouts = dependency('shouts', { h: headers(z.object({ 'X-A': z.string() })) }, () => 1);
const plain = dependency('plain', {}, () => 1);
const webhook = guard('webhook', { rawBody }, () => 1);

/** What plain JavaScript may write; the compile-time twins stand in test/types. */
const refused: [string, 'get' | 'post', unknown, unknown, RegExp][] = [
  ['no access', 'get', '/x', { response }, /GET \/x: it has no guard\. Add one/],
  ['needs without a guard', 'get', '/x', { needs: { plain }, response }, /it has no guard/],
  [
    'a guard and public',
    'get',
    '/x',
    { ...open, needs: { u: currentUser } },
    /has the guard currentUser and says access/,
  ],
  ['another access', 'get', '/x', { access: 'pubic', response }, /may only be 'public', not "pubic"/],
  ['access: true', 'get', '/x', { access: true, response }, /may only be 'public'/],
  ['access: undefined', 'get', '/x', { access: undefined, response }, /it has no guard/],
  [
    'a forged guard',
    'get',
    '/x',
    { needs: { u: { name: 'x', guards: true } }, response },
    /"x" is no dependency/,
  ],
  ['a missing need', 'get', '/x', { needs: { u: undefined }, response }, /undefined is no dependency/],
  ['a copied guard', 'get', '/x', { needs: { u: { ...currentUser } }, response }, /is no dependency/],
  [
    'a need named like an input',
    'get',
    '/x',
    { needs: { query: currentUser }, response },
    /cannot be called "query"/,
  ],
  ['a misspelt option', 'get', '/x', { ...open, qurey: z.object({}) }, /there is no option "qurey"/],
  ['a schema that is none', 'get', '/x', { ...open, query: { type: 'object' } }, /query is no zod schema/],
  ['no response', 'get', '/x', { access: 'public' }, /response lists no status/],
  ['an empty response', 'get', '/x', { access: 'public', response: {} }, /response lists no status/],
  [
    'a response that is no schema',
    'get',
    '/x',
    { access: 'public', response: { 200: {} } },
    /neither a zod schema nor media/,
  ],
  [
    'a status that is none',
    'get',
    '/x',
    { access: 'public', response: { ok: Message } },
    /"ok", which is no status/,
  ],
  ['a body for 204', 'get', '/x', { access: 'public', response: { 204: Message } }, /204 has no body/],
  ['a body on GET', 'get', '/x', { ...open, body: Message }, /a GET has no body/],
  ['rawBody on GET', 'get', '/x', { needs: { webhook }, response }, /a GET has no body/],
  [
    'params that the path lacks',
    'get',
    '/x/:di',
    { ...open, params: id },
    /params lists "id", which the path lacks/,
  ],
  [
    'a dependency’s params that the path lacks',
    'get',
    '/x',
    { ...open, needs: { reads } },
    /params lists "id"/,
  ],
  [
    'a path parameter that nobody reads',
    'get',
    '/x/:id/:no',
    { ...open, params: id },
    /":no", which no params schema lists/,
  ],
  ['a header in upper case', 'get', '/x', { ...open, needs: { shouts } }, /"X-A" in lower case/],
  ['no options', 'get', '/x', undefined, /options are missing/],
  ['no path', 'get', 'x', open, /begins with/],
];

describe('a route that is not right does not boot', () => {
  it.each(refused)('%s', (_name, method, path, options, message) => {
    const { routes, fastify } = testApp();
    const add = routes[method] as unknown as (...given: unknown[]) => void;
    const boot = () => add(path, options, () => ({ message: '' }));
    expect(boot).toThrow(ConfigurationError);
    expect(boot).toThrow(message);
    expect(fastify.hasRoute({ method: 'GET', url: String(path) })).toBe(false);
  });

  it('a missing handler', () => {
    expect(() => testApp().routes.get('/x', { access: 'public', response }, undefined as never)).toThrow(
      /handler is no function/,
    );
  });

  it('two routes alike, whatever their parameters are called', () => {
    const { routes } = testApp();
    routes.get('/x/:id', { access: 'public', params: id, response }, () => ({ message: '' }));
    const second = () =>
      routes.get('/x/:name', { access: 'public', params: z.object({ name: z.string() }), response }, () => ({
        message: '',
      }));
    expect(second).toThrow('GET /x/:name: there is such a route already: GET /x/:id.');
  });

  it('a dependency of what is none, without a name, and a circle by writing later', () => {
    expect(() => dependency('d', { a: 1 as never }, () => 1)).toThrow(/is no dependency/);
    expect(() => dependency('', {}, () => 1)).toThrow(/needs a name/);
    const needs: Record<string, typeof plain> = { plain };
    const late = dependency('late', needs, () => 1);
    needs['late'] = late;
    const { routes } = testApp();
    expect(() =>
      routes.get('/x', { access: 'public', needs: { late }, response }, () => ({ message: '' })),
    ).not.toThrow();
  });

  it('a dependency is frozen: guards cannot be switched on', () => {
    expect(() =>
      Object.assign(
        fromRequest('r', () => 1),
        { guards: true },
      ),
    ).toThrow(TypeError);
  });

  it.each([
    ['/a/:id', ['id']],
    ['/a/:id/b/:name', ['id', 'name']],
    ['/files/*', ['*']],
    ['/at/:h(^\\d{2})h:m', ['h', 'm']],
    ['/a::b', []],
    ['/o/:id?', ['id']],
  ])('reads the parameters of %s', (path, names) => {
    expect(paramsOf(path)).toEqual(names);
  });
});
