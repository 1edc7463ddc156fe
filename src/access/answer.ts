import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { z } from 'zod';

/** Header fields of one answer, by name; a list is sent as several lines. */
export type HeaderFields = Readonly<Record<string, string | number | readonly string[]>>;

declare const answered: unique symbol;
declare const rawly: unique symbol;

/** What `answer(…)` made: a declared status and its body. An object written by hand is not taken for one. */
export interface Answered<out S extends number, out B> {
  readonly status: S;
  readonly body: B;
  readonly headers: HeaderFields | undefined;
  readonly [answered]?: true;
}

/** What a handler sends as it is: no schema reads it. Only a route whose response declares `media(…)` may return it. */
export type RawPayload = Readable | ReadableStream | Buffer | string;

/** A payload that is read while it leaves, so that its dependencies must outlive the handler. */
export type StreamPayload = Exclude<RawPayload, Buffer | string>;

/** Whether a payload is a stream, of Node or of the web. */
export const isStream = (payload: unknown): payload is StreamPayload =>
  typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload);

/** What `raw(…)` made: a payload sent as it is. Without a status it is the one that the route declares as `media(…)`. */
export interface RawAnswer {
  readonly payload: RawPayload;
  readonly status: number | undefined;
  readonly headers: HeaderFields | undefined;
  readonly [rawly]?: true;
}

/** Declares that a status is answered with `raw(…)` of this media type instead of JSON. */
export interface Media {
  readonly mediaType: string;
  readonly description: string;
}

const answers = new WeakSet<object>();
const raws = new WeakSet<object>();
const medias = new WeakSet<object>();

/** Taken as they are: a branded or widened text is an object to the compiler. */
type Whole = string | number | bigint | boolean | symbol | Date | ((...given: never) => unknown);

/** What was written, literals kept (`const`), without the `readonly` that comes with them: a schema's arrays are not. */
type Written<B> = B extends Whole ? B : B extends object ? { -readonly [K in keyof B]: Written<B[K]> } : B;

/** Chooses one of the statuses that the route's `response` declares. Not needed for the only 2xx: return its body. */
export function answer<const S extends number>(status: S): Answered<S, undefined>;
export function answer<const S extends number, const B>(
  status: S,
  body: B,
  options?: { readonly headers?: HeaderFields },
): Answered<S, Written<B>>;
export function answer(
  status: number,
  body?: unknown,
  options: { readonly headers?: HeaderFields } = {},
): Answered<number, unknown> {
  const made = { status, body, headers: options.headers };
  answers.add(made);
  return made;
}

/**
 * A stream, bytes or text sent unread and unstripped. Dependencies are disposed when the stream ends or the client
 * hangs up; for bytes and text before they leave.
 */
export function raw(
  payload: RawPayload,
  options: { readonly status?: number; readonly headers?: HeaderFields } = {},
): RawAnswer {
  const made = { payload, status: options.status, headers: options.headers };
  raws.add(made);
  return made;
}

/** `response: { 200: media('text/csv') }`: this status is answered by `raw(…)`. */
export function media(mediaType: string, description = ''): Media {
  const made = Object.freeze({ mediaType, description });
  medias.add(made);
  return made;
}

/** Whether `answer(…)` made it. */
export const isAnswered = (value: unknown): value is Answered<number, unknown> =>
  typeof value === 'object' && value !== null && answers.has(value);

/** Whether `raw(…)` made it. */
export const isRaw = (value: unknown): value is RawAnswer =>
  typeof value === 'object' && value !== null && raws.has(value);

/** Whether `media(…)` made it. */
export const isMedia = (value: unknown): value is Media =>
  typeof value === 'object' && value !== null && medias.has(value);

/** What is asked of a zod schema in the types: less to compare than `z.ZodType`, which halves the compiler's time. */
export interface AnySchema {
  readonly _zod: { readonly output: unknown; readonly input: unknown };
}

/** A route's `response` in the types: by status, a zod schema or `media(…)`. Nothing that is not listed leaves. */
export type Responses = Readonly<Record<number, AnySchema | Media>>;

/** The same at run time, where schemas are parsed with. */
export type DeclaredResponses = Readonly<Record<number, z.ZodType | Media>>;
type Statuses<R extends Responses> = keyof R & number;
type Success<R extends Responses> = {
  [S in Statuses<R>]: `${S}` extends `2${string}` ? S : never;
}[Statuses<R>];
type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;
type One<S extends number, D> = D extends AnySchema ? Answered<S, z.input<D>> : RawAnswer;
type Plain<R extends Responses> =
  IsUnion<Success<R>> extends true
    ? never
    : R[Success<R>] extends infer D extends AnySchema
      ? z.input<D>
      : never;
/** What a handler may return: the body of its one 2xx, or `answer(…)` with a declared status, or `raw(…)`. */
export type Answer<R extends Responses> = Plain<R> | { [S in Statuses<R>]: One<S, R[S]> }[Statuses<R>];
