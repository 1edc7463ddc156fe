import type { Account } from '../accounts/account.js';
import type { SecureApp } from '../library/secure-app.js';

/** What a test may say of a request beside method and path. */
export interface TestCall {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the application answered. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** Calls the application as somebody, or as nobody. */
export class TestClient {
  readonly #app: Pick<SecureApp, 'inject'>;
  /** Undefined for nobody. */
  readonly token: string | undefined;

  constructor(app: Pick<SecureApp, 'inject'>, token?: string) {
    this.#app = app;
    this.token = token;
  }

  get(path: string, call?: TestCall): Promise<TestAnswer> {
    return this.call('GET', path, call);
  }

  post(path: string, call?: TestCall): Promise<TestAnswer> {
    return this.call('POST', path, call);
  }

  put(path: string, call?: TestCall): Promise<TestAnswer> {
    return this.call('PUT', path, call);
  }

  patch(path: string, call?: TestCall): Promise<TestAnswer> {
    return this.call('PATCH', path, call);
  }

  delete(path: string, call?: TestCall): Promise<TestAnswer> {
    return this.call('DELETE', path, call);
  }

  async call(
    method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    { json, form, query, headers }: TestCall = {},
  ): Promise<TestAnswer> {
    const type = json !== undefined ? 'application/json' : form && 'application/x-www-form-urlencoded';
    const payload = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
    const answer = await this.#app.inject({
      method,
      url: path,
      ...(query && { query: { ...query } }),
      ...(payload !== undefined && { payload }),
      headers: {
        ...(type && { 'content-type': type }),
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.payload,
      json: jsonOf(answer.headers['content-type'], answer.payload),
    };
  }
}

/** Somebody who has an account. */
export class TestPerson extends TestClient {
  readonly account: Account;

  constructor(app: Pick<SecureApp, 'inject'>, token: string, account: Account) {
    super(app, token);
    this.account = account;
  }
}

const jsonOf = (type: unknown, text: string): unknown =>
  text !== '' && String(type).startsWith('application/json') ? JSON.parse(text) : undefined;
