import { request } from 'node:http';

/** Sends the head of a request that announces a body, and the body only when told to. `''`: announced, and then empty. */
export function holdOpen(method: string, url: string, token: string, body: string) {
  const length = body === '' ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) };
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...length,
    expect: '100-continue',
  };
  const sent = request(url, { method, headers, agent: false });
  sent.flushHeaders();
  // Node answers 100 Continue and calls the app in the same turn: the guards have judged when it is here.
  const begun = new Promise<void>((resolve) => sent.once('continue', resolve));
  const status = new Promise<number>((resolve, reject) => {
    sent.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject);
  });
  return {
    begun,
    finish: () => {
      sent.end(body);
      return status;
    },
  };
}
