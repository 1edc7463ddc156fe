// One signed-in reader at a steady pace: what others do to it shows in its slowest answers.
// A message { port, request, milliseconds, every } is answered by { p50, p99, count }.
import { connect } from 'node:net';
import { percentile } from './figures.mjs';

process.on('message', (job) => probe(job).then((result) => process.send(result)));
process.send('ready');

async function probe({ port, request, milliseconds, every }) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const latencies = [];
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    const sent = performance.now();
    const answer = new Promise((resolve) => socket.once('data', resolve));
    socket.write(request);
    const status = (await answer).latin1Slice(9, 12);
    if (status !== '200') throw new Error(`the probe was answered ${status}`);
    const took = performance.now() - sent;
    latencies.push(took);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, every - took)));
  }
  socket.destroy();
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), count: latencies.length };
}
