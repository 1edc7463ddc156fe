import { expect } from 'vitest';
import { misfit, type NamedOperation, type OpenApiDocument, operationsOf } from './openapi-check.js';
import { readDocument } from './openapi-file.js';
import { securityHeaders } from './security-headers.js';
import type { Answer } from './wire.js';

/** The document in the tree; openapi.test.ts holds it to what the server gives. */
export const document: OpenApiDocument = readDocument();
export const operations = operationsOf(document);
export const named = operations.map(
  (operation) => [`${operation.method} ${operation.path}`, operation] as const,
);
export const guarded = named.filter(([, operation]) => operation.security.length > 0);
export const withBody = named.filter(([, operation]) => operation.requestBody !== undefined);
export const absentId = '01890a5d-ac96-774b-bcce-b302099a8057';

export const absentKey = 'AbsentAbsent1865';
export const filled = (path: string): string =>
  path.replace(/\{\w+\}/g, path.startsWith('/api-keys') ? absentKey : absentId);
export const urlOf = ({ path }: NamedOperation): string => filled(path);

/** Every answer has all of the security headers and its id; a refusal has the one shape. */
export function expectAnswer(answer: Answer, status: number): void {
  expect([answer.status, securityHeaders(answer.headers)]).toEqual([status, []]);
  expect(answer.headers['x-request-id']).toMatch(/^[\w-]{1,64}$/);
  if (status < 400) return;
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  const { error: _error, ...rest } = answer.json;
  expect(Object.keys(rest)).toEqual(['detail', 'code', 'request_id']);
  expect(answer.json.request_id).toBe(answer.headers['x-request-id']);
  expect(answer.json.code).toMatch(/^[a-z_]+$/);
  expect(Array.isArray(answer.json.detail)).toBe(status === 422);
  expect(answer.headers['www-authenticate'] !== undefined).toBe(status === 401);
}

/** The status stands in the document for this operation, the body fits its schema, and its words stand there too. */
export function expectDocumented(operation: NamedOperation, answer: Answer): void {
  const response = operation.responses[answer.status];
  expect(Object.keys(operation.responses)).toContain(String(answer.status));
  const schema = response?.content?.['application/json']?.schema;
  if (schema === undefined) expect(answer.text).toBe('');
  else expect(misfit(document, schema, answer.json)).toBeUndefined();
  const detail = answer.json?.detail;
  if (typeof detail === 'string') expect(response?.description.split(' · ')).toContain(detail);
}
