import { describe, expect, it } from 'vitest';
import { HashQueue } from '../../src/accounts/password-hash-queue.js';

/** Work that ends when the test says so. */
function held() {
  let finish = (): void => {};
  let started = false;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const work = async (): Promise<void> => {
    started = true;
    await ended;
  };
  return { work, finish: () => finish(), started: () => started };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the queue of hashes', () => {
  it('runs as many at once as there are threads, the others in their order', async () => {
    const queue = new HashQueue(2, 10);
    const tasks = [held(), held(), held(), held()];
    const order: number[] = [];
    const all = tasks.map((task, at) => queue.run(task.work).then(() => order.push(at)));
    await settle();
    expect(tasks.map((task) => task.started())).toEqual([true, true, false, false]);
    tasks[1]?.finish();
    await settle();
    expect(tasks.map((task) => task.started())).toEqual([true, true, true, false]);
    for (const task of tasks) task.finish();
    await Promise.all(all);
    expect(order[0]).toBe(1);
    expect(queue.length).toBe(0);
  });

  it('refuses at once with 503 and Retry-After: 1 when it is full', async () => {
    const queue = new HashQueue(1, 1);
    const [running, waiting] = [held(), held()];
    const both = [queue.run(running.work), queue.run(waiting.work)];
    const refusal = { code: 'service_unavailable', retryAfter: 1 };
    await expect(queue.run(async () => {})).rejects.toMatchObject(refusal);
    running.finish();
    waiting.finish();
    await Promise.all(both);
    await expect(queue.run(async () => 'again')).resolves.toBe('again');
  });

  it('keeps a known caller’s place free, however many strangers keep their lane full', async () => {
    const queue = new HashQueue(1, 2);
    const order: string[] = [];
    const wait = (name: string, known?: string) =>
      queue.run(async () => void order.push(name), undefined, { known });
    const running = held();
    const all = [queue.run(running.work), wait('stranger 1'), wait('stranger 2')];
    await expect(wait('stranger 3')).rejects.toMatchObject({ code: 'service_unavailable' });
    all.push(wait('known 1', 'a'), wait('known 2', 'b'));
    await expect(wait('known 3', 'c')).rejects.toMatchObject({ code: 'service_unavailable', retryAfter: 1 });
    expect(queue.length).toBe(4);
    running.finish();
    await Promise.all(all);
    expect(order).toEqual(['known 1', 'stranger 1', 'known 2', 'stranger 2']);
  });

  it('lets two of one account wait and no more, so that one account never fills the lane of the others', async () => {
    const queue = new HashQueue(1, 4);
    const running = held();
    const wait = (known: string) => queue.run(async () => known, undefined, { known });
    const first = queue.run(running.work, undefined, { known: 'greedy' });
    const waiting = [wait('greedy'), wait('greedy')];
    for (let n = 0; n < 10; n += 1)
      await expect(wait('greedy')).rejects.toMatchObject({ code: 'service_unavailable', retryAfter: 1 });
    waiting.push(wait('owner'), wait('another'));
    running.finish();
    await first;
    expect(await Promise.all(waiting)).toEqual(['greedy', 'greedy', 'owner', 'another']);
    // Whoever was served has his places back.
    await expect(wait('greedy')).resolves.toBe('greedy');
  });

  it('serves the lanes in turn, so that neither starves the other', async () => {
    const queue = new HashQueue(1, 10);
    const order: string[] = [];
    const all: Promise<void>[] = [];
    const wait = (name: string, known?: string) =>
      all.push(queue.run(async () => void order.push(name), undefined, { known }));
    const running = held();
    all.push(queue.run(running.work));
    for (let n = 1; n <= 4; n += 1) wait(`k${n}`, `account ${n}`);
    wait('s1');
    wait('s2');
    running.finish();
    await Promise.all(all);
    expect(order).toEqual(['k1', 's1', 'k2', 's2', 'k3', 'k4']);
  });

  it('drops who hung up in the known lane, and refuses both lanes when it closes', async () => {
    const queue = new HashQueue(1, 1);
    const running = held();
    const first = queue.run(running.work);
    const hangUp = new AbortController();
    const gone = queue.run(async () => {}, hangUp.signal, { known: 'owner' });
    hangUp.abort(new Error('the client hung up'));
    await expect(gone).rejects.toThrow('the client hung up');
    const waiting = [queue.run(async () => {}), queue.run(async () => {}, undefined, { known: 'owner' })];
    const outcomes = Promise.allSettled(waiting);
    const closing = queue.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    running.finish();
    await Promise.all([first, closing]);
  });

  it('drops who hung up while waiting, and keeps the place of the others', async () => {
    const queue = new HashQueue(1, 2);
    const [running, gone, next] = [held(), held(), held()];
    const first = queue.run(running.work);
    const hangUp = new AbortController();
    const dropped = queue.run(gone.work, hangUp.signal);
    const last = queue.run(next.work);
    hangUp.abort(new Error('the client hung up'));
    await expect(dropped).rejects.toThrow('the client hung up');
    expect(queue.length).toBe(1);
    running.finish();
    next.finish();
    await Promise.all([first, last]);
    expect(gone.started()).toBe(false);
  });

  it('lets what runs run on when its client hangs up, and refuses who hung up before', async () => {
    const queue = new HashQueue(1, 1);
    const running = held();
    const hangUp = new AbortController();
    const first = queue.run(running.work, hangUp.signal);
    await settle();
    hangUp.abort();
    running.finish();
    await expect(first).resolves.toBeUndefined();
    await expect(queue.run(async () => {}, hangUp.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('goes on after a task that failed', async () => {
    const queue = new HashQueue(1, 1);
    const failed = queue.run(() => Promise.reject(new Error('broken')));
    const next = queue.run(async () => 'done');
    await expect(failed).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
  });

  it('closes when what runs has ended, refusing the rest', async () => {
    const queue = new HashQueue(1, 5);
    const running = held();
    const first = queue.run(running.work);
    const waiting = queue.run(async () => {});
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await expect(waiting).rejects.toMatchObject({ code: 'service_unavailable' });
    await expect(queue.run(async () => {})).rejects.toMatchObject({ code: 'service_unavailable' });
    expect(closed).toBe(false);
    running.finish();
    await Promise.all([first, closing]);
    await queue.close();
  });
});
