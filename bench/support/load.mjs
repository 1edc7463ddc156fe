// A load generator: raw sockets kept alive, one request under way on each, answers counted by their length. It runs in
// a process of its own; each message { port, request, connections, seconds | requests } is answered by what came of it.
import { connect } from 'node:net';

process.on('message', (job) => {
  drive(job).then(
    (result) => process.send(result),
    (error) => process.send({ error: error.message }),
  );
});
process.send('ready');

function drive({ port, request, connections, seconds, requests = Number.POSITIVE_INFINITY, spin = false }) {
  const bytes = Buffer.from(request);
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const latencies = [];
    const sockets = [];
    const statuses = {};
    let done = 0;
    let sent = 0;
    let over = false;
    const finish = () => {
      if (over) return;
      over = true;
      const elapsed = Number(process.hrtime.bigint() - began) / 1e9;
      for (const socket of sockets) socket.destroy();
      resolve({
        requests: done,
        seconds: elapsed,
        perSecond: done / elapsed,
        latencies: summary(latencies),
        statuses,
      });
    };
    // Never asleep: on one machine the server would pay for waking it, some 20 µs a write, which a client afar does not ask.
    const stayAwake = () => {
      if (!over) setImmediate(stayAwake);
    };
    if (spin) stayAwake();
    const timer = seconds === undefined ? undefined : setTimeout(finish, seconds * 1000);
    const answered = (socket, status) => {
      done += 1;
      latencies.push(performance.now() - socket.sentAt);
      if (latencies.length > 200_000) latencies.length = 0;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (done >= requests) {
        clearTimeout(timer);
        finish();
      } else if (sent < requests) send(socket);
    };
    const send = (socket) => {
      sent += 1;
      socket.sentAt = performance.now();
      socket.write(bytes);
    };
    for (let at = 0; at < connections; at += 1) {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => send(socket));
      sockets.push(socket);
      readAnswers(socket, (status) => answered(socket, status));
      socket.on('error', (error) => over || reject(error));
      socket.on('close', () => over || reject(new Error('the server closed a connection')));
    }
  });
}

const headEnd = Buffer.from('\r\n\r\n');

/** Calls back once an answer; answers come whole or in pieces. */
function readAnswers(socket, onAnswer) {
  let rest;
  socket.on('data', (chunk) => {
    let data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const head = data.indexOf(headEnd);
      if (head === -1) break;
      const text = data.latin1Slice(0, head);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
      const whole = head + 4 + length;
      if (data.length < whole) break;
      data = data.subarray(whole);
      onAnswer(text.slice(9, 12));
    }
    rest = data.length === 0 ? undefined : data;
  });
}

function summary(latencies) {
  const ordered = latencies.sort((a, b) => a - b);
  const at = (share) => ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))];
  return { p50: at(0.5), p99: at(0.99), max: ordered.at(-1) };
}
