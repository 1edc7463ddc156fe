// What all is compared with: Fastify as its own benchmark has it, one JSON hello with a compiled serializer.
import Fastify from 'fastify';

const app = Fastify({ logger: false });
const schema = { response: { 200: { type: 'object', properties: { hello: { type: 'string' } } } } };
app.get('/', { schema }, (_request, reply) => {
  reply.send({ hello: 'world' });
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.send({ port: app.server.address().port });
