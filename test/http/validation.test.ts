import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidInput, type Issue } from '../../src/base/errors.js';
import { zodValidatorCompiler } from '../../src/http/validation.js';
import { json, request, startApp } from './http-app.js';

function issuesOf(schema: z.ZodType, data: unknown, httpPart = 'body'): readonly Issue[] {
  const result = zodValidatorCompiler({ schema, httpPart })(data);
  if (!('error' in result)) return [];
  expect(result.error).toBeInstanceOf(InvalidInput);
  return (result.error as InvalidInput).issues;
}

const one = (schema: z.ZodType, value: unknown, httpPart = 'body'): Issue | undefined =>
  issuesOf(z.strictObject({ a: schema }), { a: value }, httpPart)[0];

describe("pydantic's names", () => {
  it.each<[string, z.ZodType, unknown, string, string]>([
    ['missing', z.string(), undefined, 'missing', 'Field required'],
    ['missing enum', z.enum(['x']), undefined, 'missing', 'Field required'],
    ['string', z.string(), 1, 'string_type', 'Input should be a valid string'],
    ['null', z.string(), null, 'string_type', 'Input should be a valid string'],
    ['short', z.string().min(3), 'ab', 'string_too_short', 'String should have at least 3 characters'],
    ['one short', z.string().min(1), '', 'string_too_short', 'String should have at least 1 character'],
    ['long', z.string().max(3), 'abcd', 'string_too_long', 'String should have at most 3 characters'],
    ['number', z.number(), 'x', 'float_type', 'Input should be a valid number'],
    [
      'fraction',
      z.int(),
      1.5,
      'int_from_float',
      'Input should be a valid integer, got a number with a fractional part',
    ],
    ['low', z.number().min(1), 0, 'greater_than_equal', 'Input should be greater than or equal to 1'],
    ['too low', z.number().gt(1), 1, 'greater_than', 'Input should be greater than 1'],
    ['high', z.number().max(9), 10, 'less_than_equal', 'Input should be less than or equal to 9'],
    ['too high', z.number().lt(9), 9, 'less_than', 'Input should be less than 9'],
    ['infinite', z.number(), Number.POSITIVE_INFINITY, 'float_type', 'Input should be a valid number'],
    ['boolean', z.boolean(), 'true', 'bool_type', 'Input should be a valid boolean'],
    ['list', z.array(z.string()), 'x', 'list_type', 'Input should be a valid list'],
    [
      'short list',
      z.array(z.string()).min(1),
      [],
      'too_short',
      'List should have at least 1 item after validation',
    ],
    ['uuid', z.uuid(), 'x', 'uuid_parsing', 'Input should be a valid UUID'],
    ['email', z.email(), 'x', 'value_error', 'value is not a valid email address'],
    ['pattern', z.string().regex(/^a$/), 'x', 'string_pattern_mismatch', 'String should match the pattern'],
    [
      'enum',
      z.enum(['admin', 'moderator', 'user']),
      'x',
      'literal_error',
      "Input should be 'admin', 'moderator' or 'user'",
    ],
    ['literal', z.literal('a'), 'b', 'literal_error', "Input should be 'a'"],
    ['union', z.union([z.string(), z.number()]), true, 'value_error', 'Value error, input is not valid'],
    ['author', z.string().regex(/^a$/, 'Only a'), 'x', 'string_pattern_mismatch', 'Only a'],
    ['custom', z.string().refine(() => false, 'Value error, no'), 'x', 'value_error', 'Value error, no'],
    [
      'custom type',
      z.string().refine(() => false, { error: 'weak', params: { type: 'password_weak' } }),
      'x',
      'password_weak',
      'weak',
    ],
    ['step', z.number().multipleOf(5), 7, 'multiple_of', 'Input should be a multiple of 5'],
  ])('%s', (_what, schema, value, type, msg) => {
    expect(one(schema, value)).toEqual({ loc: ['body', 'a'], msg, type });
  });

  it('speaks of parsing where the input came as text', () => {
    const limit = z.coerce.number().int();
    expect(one(limit, 'x', 'querystring')).toMatchObject({ loc: ['query', 'a'], type: 'int_parsing' });
    expect(one(z.int(), 'x', 'params')).toMatchObject({ loc: ['path', 'a'], type: 'int_parsing' });
    expect(one(z.string(), ['a', 'b'], 'querystring')).toMatchObject({ type: 'string_type' });
    expect(one(z.string(), 1, 'headers')).toMatchObject({ loc: ['header', 'a'] });
  });

  it('names unknown keys, cut and well-formed, at most twenty', () => {
    const keys = Array.from({ length: 100 }, (_, at) => `k${at}`);
    const issues = issuesOf(z.strictObject({}), Object.fromEntries(keys.map((key) => [key, 1])));
    expect(issues).toHaveLength(20);
    const [long] = issuesOf(z.strictObject({}), { [`${'x'.repeat(63)}\u{1F600}`]: 1 });
    expect(long).toEqual({
      loc: ['body', `${'x'.repeat(63)}\uFFFD`],
      msg: 'Extra inputs are not permitted',
      type: 'extra_forbidden',
    });
  });

  it('never holds more than fifty issues, and never the input', () => {
    const schema = z.strictObject({
      name: z.string().min(3).max(5).regex(/^a/),
      list: z.array(z.uuid()),
      kind: z.discriminatedUnion('t', [z.object({ t: z.literal('a') })]),
      map: z.record(z.string().max(3), z.number()),
    });
    const canary = 'swordfish';
    const value = fc.oneof(
      fc.constant(canary),
      fc.jsonValue(),
      fc.array(fc.constant(canary), { maxLength: 80 }),
    );
    fc.assert(
      fc.property(
        fc.record({ name: value, list: value, kind: value, map: value }, { requiredKeys: [] }),
        (data) => {
          const issues = issuesOf(schema, data);
          expect(issues.length).toBeLessThanOrEqual(50);
          expect(JSON.stringify(issues)).not.toContain(canary);
          for (const { loc } of issues) expect(loc[0]).toBe('body');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('stands on the wire', async () => {
    const server = await startApp();
    const answer = await request(server.port, { ...json({ name: 'x', role: 'admin' }), path: '/people' });
    expect(answer.json()).toMatchObject({
      detail: [
        { loc: ['body', 'name'], type: 'string_too_short' },
        { loc: ['body', 'role'], type: 'extra_forbidden' },
      ],
      code: 'validation_failed',
    });
    await server.app.close();
  });
});

describe('a schema that is no zod schema', () => {
  const jsonSchema = { type: 'object', properties: { name: { type: 'string' } } };
  it.each<[string, object]>([
    ['body', { body: jsonSchema }],
    ['querystring', { querystring: jsonSchema }],
    ['query', { query: jsonSchema }],
    ['params', { params: jsonSchema }],
    ['headers', { headers: jsonSchema }],
    ['body', { body: { content: { 'application/json': { schema: jsonSchema } } } }],
    ['body', { body: true }],
  ])('is refused where the route is registered: %s', async (part, schema) => {
    const attempt = startApp({}, (app) => {
      app.post('/raw', { schema }, () => 'x');
    });
    await expect(attempt).rejects.toMatchObject({ name: 'ConfigurationError', code: 'ERR_ROUTE_SCHEMA' });
    await expect(attempt).rejects.toThrow(
      `POST /raw: schema.${part} is no zod schema. Write it with zod, or give`,
    );
  });

  it('stands where the route brings its own compiler, and as a response', async () => {
    const own = () => (data: unknown) => ({ value: data });
    const server = await startApp({}, (app) => {
      app.post('/own', { schema: { body: jsonSchema }, validatorCompiler: own }, () => ({ name: 'own' }));
      app.get('/answer', { schema: { response: { 200: jsonSchema } } }, () => ({ name: 'a', more: 1 }));
      app.register(async (scope) => {
        scope.setValidatorCompiler(own);
        scope.post('/scoped', { schema: { body: jsonSchema } }, () => ({ name: 'scoped' }));
      });
    });
    expect((await request(server.port, { ...json({}), path: '/own' })).status).toBe(200);
    expect((await request(server.port, { ...json({}), path: '/scoped' })).status).toBe(200);
    expect((await request(server.port, { path: '/answer' })).json()).toEqual({ name: 'a' });
    await server.app.close();
  });
});
