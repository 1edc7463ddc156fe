import { loadSettings } from 'sallyport';
import { buildApp } from './app.js';

const { settings, warnings } = await loadSettings();
const app = await buildApp(settings, { logger: true });
for (const warning of warnings) app.log.warn(warning);
await app.listen({ host: settings.host, port: settings.port });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close());
