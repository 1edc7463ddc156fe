import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OpenApiDocument } from './openapi-check.js';

export const documentPath = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));

/** The document as it lies in the tree. */
export const readDocument = (): OpenApiDocument => JSON.parse(readFileSync(documentPath, 'utf8'));
