import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type ServerProcess, Workplace } from '../support/command.js';
import { password } from '../support/wire.js';

const places: Workplace[] = [];
const newPlace = (): Workplace => {
  const place = new Workplace();
  places.push(place);
  return place;
};
afterEach(async () => {
  for (const place of places.splice(0)) await place.leave();
});

const register = (server: ServerProcess, username: string) =>
  server.call('POST', '/auth/register', {
    json: { email: `${username}@example.org`, username, password },
  });
const signIn = (server: ServerProcess, username: string) =>
  server.call('POST', '/auth/token', { form: { username, password } });
const refresh = (server: ServerProcess, token: string) =>
  server.call('POST', '/auth/token', { form: { grant_type: 'refresh_token', refresh_token: token } });

class Acknowledged {
  /** Each with the last refresh token that was answered. */
  readonly people = new Map<string, string | undefined>();
  /** Answers that are neither a success nor a closed connection. */
  readonly odd: string[] = [];
  /** Resolves with the answer that makes them so many. */
  readonly enough: Promise<void>;
  #reached = () => {};
  #left: number;

  constructor(answers: number) {
    this.#left = answers;
    this.enough = new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  take(username: string, token: string | undefined): void {
    this.people.set(username, token);
    this.#left -= 1;
    if (this.#left === 0) this.#reached();
  }
}

/** Registers, signs in and refreshes until the server is gone; writes down what was acknowledged. */
async function load(server: ServerProcess, lane: string, seen: Acknowledged): Promise<void> {
  for (let n = 0; ; n++) {
    const username = `${lane}_${n}`;
    try {
      const made = await register(server, username);
      if (made.status !== 201) return void seen.odd.push(`register ${made.status} ${made.text}`);
      seen.take(username, undefined);
      const signedIn = await signIn(server, username);
      if (signedIn.status !== 200) return void seen.odd.push(`sign in ${signedIn.status} ${signedIn.text}`);
      seen.take(username, signedIn.json.refresh_token);
      const refreshed = await refresh(server, signedIn.json.refresh_token);
      if (refreshed.status !== 200) return void seen.odd.push(`refresh ${refreshed.status}`);
      seen.take(username, refreshed.json.refresh_token);
    } catch {
      return;
    }
  }
}

const loadAll = (server: ServerProcess, round: number, seen: Acknowledged) =>
  Promise.all(['a', 'b', 'c'].map((lane) => load(server, `${lane}${round}`, seen)));

/** The same numbers in every run, so that a failure can be seen again: which answer is the last one before the kill. */
const mostAnswers = 60;
const answersBeforeKill = fc.sample(fc.integer({ min: 1, max: mostAnswers }), { seed: 9, numRuns: 12 });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Everybody who was acknowledged is there, and the last refresh token that was answered still works. */
async function expectAllThere(server: ServerProcess, { people, odd }: Acknowledged): Promise<void> {
  expect(odd).toEqual([]);
  for (const [username, token] of people) {
    if (token !== undefined) expect((await refresh(server, token)).status).toBe(200);
    else expect((await signIn(server, username)).status).toBe(200);
  }
}

describe('kill -9 under a load of writes', () => {
  test('twelve times: no acknowledged change is lost, and the next start needs no repair', async () => {
    const place = newPlace();
    let server = await place.serve();
    for (const [round, answers] of answersBeforeKill.entries()) {
      const seen = new Acknowledged(answers);
      const working = loadAll(server, round, seen);
      // A load that ends by itself has met an odd answer, which is told below.
      await Promise.race([seen.enough, working]);
      expect((await server.stop('SIGKILL')).signal).toBe('SIGKILL');
      await working;
      server = await place.serve();
      expect((await server.call('GET', '/readyz')).status).toBe(200);
      await expectAllThere(server, seen);
    }
  }, 150_000);
});

describe('SIGTERM', () => {
  test('under load: what was begun is answered, nothing is half-written, exit code 0', async () => {
    const place = newPlace();
    const server = await place.serve();
    const seen = new Acknowledged(mostAnswers);
    const working = loadAll(server, 0, seen);
    await Promise.race([seen.enough, working]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await working;
    await expectAllThere(await place.serve(), seen);
  });

  test('during a slow request: it gets its answer, and the stop waits for it', async () => {
    const place = newPlace();
    const server = await place.serve({ env: { SECURITY_BCRYPT_ROUNDS: '12' } });
    const answers = ['slow_a', 'slow_b', 'slow_c'].map((name) => register(server, name));
    // The three are in the hands of the server when its first answer comes.
    await Promise.race(answers);
    const ended = server.stop();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  const open = (server: ServerProcess, text: string): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
        socket.write(text, () => resolve(socket));
      }).on('error', () => {});
    });

  test('with a stuck request and idle connections open it still ends by itself, with 0', async () => {
    const server = await newPlace().serve();
    await open(server, '');
    await open(server, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await open(
      server,
      'POST /auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await server.call('GET', '/healthz');
    // Its own patience is 9.5 s, after which it would end with 1.
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  test('a second signal ends it at once', async () => {
    const server = await newPlace().serve();
    await open(
      server,
      'POST /auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await server.call('GET', '/healthz');
    server.child.kill('SIGTERM');
    while (!/stopping in order/.test(server.stderr)) await pause(10);
    expect(await server.stop('SIGINT')).toEqual({ code: 1, signal: null });
  });
});
