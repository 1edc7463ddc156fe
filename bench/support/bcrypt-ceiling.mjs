// How many bcrypt hashes a second this machine gives when nothing else is asked of it: as many threads as hash in the
// server, at the same priority. A message { milliseconds } is answered by { perSecond }.
import { availableParallelism, constants, setPriority } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  const threads = Array.from(
    { length: availableParallelism() },
    () => new Worker(new URL(import.meta.url), { workerData: { rounds: 12 } }),
  );
  const answers = (data) =>
    Promise.all(
      threads.map((thread) => {
        const answer = new Promise((resolve) => thread.once('message', resolve));
        thread.postMessage(data);
        return answer;
      }),
    );
  await answers({ milliseconds: 1 });
  process.on('message', async ({ milliseconds }) => {
    const rates = await answers({ milliseconds });
    process.send({ perSecond: rates.reduce((sum, rate) => sum + rate, 0) });
  });
  process.send('ready');
} else {
  const { hashSync } = await import('@node-rs/bcrypt');
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  parentPort.on('message', ({ milliseconds }) => {
    const began = performance.now();
    let hashes = 0;
    do {
      hashSync('Wonderland-1865', workerData.rounds);
      hashes += 1;
    } while (performance.now() - began < milliseconds);
    parentPort.postMessage((hashes * 1000) / (performance.now() - began));
  });
}
