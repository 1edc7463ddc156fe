import type { FastifyInstance, RouteShorthandOptions } from 'fastify';

/** A hook of whatever the application is guarded by. */
type Guard = NonNullable<RouteShorthandOptions['onRequest']>;

interface Book {
  readonly id: number;
  readonly title: string;
}

const book = {
  type: 'object',
  required: ['id', 'title'],
  properties: { id: { type: 'integer' }, title: { type: 'string' } },
};
const newBook = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: { title: { type: 'string', minLength: 1, maxLength: 200 } },
};
const id = { type: 'object', properties: { id: { type: 'integer' } } };

/** The application as it was: its routes, its JSON schemas, its errors. It imports nothing of Sallyport. */
export async function books(app: FastifyInstance, guards: { librarian: Guard; admin: Guard }): Promise<void> {
  const shelf: Book[] = [{ id: 1, title: 'Through the Looking-Glass' }];
  const find = (wanted: number): Book => {
    const found = shelf.find((one) => one.id === wanted);
    if (found === undefined) throw Object.assign(new Error('No such book'), { statusCode: 404 });
    return found;
  };

  app.get('/books', { schema: { response: { 200: { type: 'array', items: book } } } }, async () => shelf);

  app.get<{ Params: { id: number } }>(
    '/books/:id',
    { schema: { params: id, response: { 200: book } } },
    async ({ params }) => find(params.id),
  );

  app.post<{ Body: { title: string } }>(
    '/books',
    { onRequest: guards.librarian, schema: { body: newBook, response: { 201: book } } },
    async ({ body }, reply) => {
      const made = { id: shelf.length + 1, title: body.title };
      shelf.push(made);
      return reply.code(201).send(made);
    },
  );

  app.delete<{ Params: { id: number } }>(
    '/books/:id',
    { onRequest: guards.admin, schema: { params: id } },
    async ({ params }, reply) => {
      shelf.splice(shelf.indexOf(find(params.id)), 1);
      return reply.code(204).send();
    },
  );

  app.get('/docs', async (_request, reply) => reply.type('text/html').send('<h1>How to call us</h1>'));
  app.get('/healthz', async () => ({ status: 'ok' }));
}
