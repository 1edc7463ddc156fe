import { createApp } from './app.js';

const app = await createApp();
const url = await app.listen();
process.stderr.write(`The reports are at ${url}; try GET ${url}/published\n`);

// What runs may end; nothing new is taken.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close());
