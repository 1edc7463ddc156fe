import type { z } from 'zod';
import { ConfigurationError } from '../base/errors.js';
import {
  type DeclaredResponses,
  type HeaderFields,
  isAnswered,
  isMedia,
  isRaw,
  type Media,
  type RawAnswer,
} from './answer.js';
import { isSchema } from './inputs.js';
import { parseSync } from './validate.js';

/** An answer that is judged and written as text, ready to be sent. */
export interface Outgoing {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly headers: HeaderFields | undefined;
  /** Text that is ready, or undefined where there is no body. */
  readonly text: string | undefined;
  readonly raw: RawAnswer | undefined;
}

interface Writer {
  readonly status: number;
  readonly write: (body: unknown) => string | undefined;
}

const json = 'application/json; charset=utf-8';

/** What the handler returned does not fit what the route declares. Told to the log, a plain 500 to the client. */
export class ResponseMisfit extends Error {
  override readonly name = 'ResponseMisfit';
}

/** Turns what a handler returns into what leaves: only what the route's response schema lists, and only if it fits. */
export class Responder {
  readonly #where: string;
  readonly #writers = new Map<number, Writer>();
  readonly #medias = new Map<number, Media>();
  readonly #plain: Writer | undefined;
  readonly #plainMedia: number | undefined;

  constructor(where: string, responses: DeclaredResponses) {
    this.#where = where;
    for (const [key, declared] of Object.entries(responses)) {
      const status = Number(key);
      if (isMedia(declared)) this.#medias.set(status, declared);
      else this.#writers.set(status, writerOf(where, status, declared));
    }
    const successes = [...this.#writers.keys(), ...this.#medias.keys()].filter(
      (one) => one >= 200 && one < 300,
    );
    const only = successes.length === 1 ? successes[0] : undefined;
    this.#plain = only === undefined ? undefined : this.#writers.get(only);
    this.#plainMedia = only !== undefined && this.#medias.has(only) ? only : undefined;
  }

  respond(result: unknown): Outgoing {
    if (isAnswered(result)) {
      const writer = this.#writers.get(result.status);
      if (writer === undefined)
        throw this.#misfit(`answer(${result.status}) is not among its declared JSON responses`);
      return written(writer, result.body, result.headers);
    }
    if (isRaw(result)) return this.#raw(result);
    if (this.#plain === undefined)
      throw this.#misfit('which status? Return answer(status, body), or raw() for media()');
    return written(this.#plain, result, undefined);
  }

  #raw(result: RawAnswer): Outgoing {
    const status = result.status ?? this.#plainMedia;
    const declared = status === undefined ? undefined : this.#medias.get(status);
    if (status === undefined || declared === undefined) {
      throw this.#misfit('raw() is only for a status that is declared as media(type)');
    }
    return { status, contentType: declared.mediaType, headers: result.headers, text: undefined, raw: result };
  }

  #misfit(problem: string): ResponseMisfit {
    return new ResponseMisfit(`${this.#where}: ${problem}`);
  }
}

function written(writer: Writer, body: unknown, headers: HeaderFields | undefined): Outgoing {
  const text = writer.write(body);
  return {
    status: writer.status,
    contentType: text === undefined ? undefined : json,
    headers,
    text,
    raw: undefined,
  };
}

function writerOf(where: string, status: number, schema: z.ZodType): Writer {
  if (isEmpty(schema)) {
    const write = (body: unknown): undefined => {
      if (body !== undefined)
        throw new ResponseMisfit(`${where}: ${status} is declared without a body, but has one`);
    };
    return { status, write };
  }
  if (status === 204 || status === 205 || status === 304) {
    throw new ConfigurationError('ERR_ROUTE_RESPONSE', `${where}: ${status} has no body; declare z.void().`);
  }
  const write = (body: unknown): string => {
    const result = parseSync(schema, body);
    if (!result.success)
      throw new ResponseMisfit(`${where}: the body of ${status} does not fit: ${faults(result.error)}`);
    const text: string | undefined = JSON.stringify(result.data);
    if (text === undefined)
      throw new ResponseMisfit(`${where}: the body of ${status} is nothing that JSON can say`);
    return text;
  };
  return { status, write };
}

/** Paths and codes, no values: what misfits may be a secret. */
function faults(error: z.ZodError): string {
  return error.issues
    .map((issue) => `${issue.path.map(String).join('.') || '(body)'} ${issue.code}`)
    .join(', ');
}

/** `z.void()`, `z.undefined()`, `z.never()`: this status has no body. */
export function isEmpty(schema: unknown): boolean {
  if (!isSchema(schema)) return false;
  return ['void', 'undefined', 'never'].includes(schema._zod.def.type);
}
