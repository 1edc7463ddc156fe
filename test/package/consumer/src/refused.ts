import { dependency, requireRole, type SecureApp } from 'sallyport';
import { z } from 'zod';
import { access } from './reports.js';

const Message = z.object({ message: z.string() });
const plain = dependency('plain', {}, () => 1);

/** Never called: what the packed declarations must refuse. The messages stand in the project's own tests of types. */
export function refused(app: SecureApp): void {
  const reply = () => ({ message: 'x' });
  // @ts-expect-error no guard
  app.get('/1', { response: { 200: Message } }, reply);
  // @ts-expect-error a need that guards nothing
  app.get('/2', { needs: { plain }, response: { 200: Message } }, reply);
  // @ts-expect-error a field that the response does not have
  app.get('/3', { access: 'public', response: { 200: Message } }, () => ({ massage: 'x' }));
  // @ts-expect-error a misspelt role
  app.get('/4', { needs: { editor: access.requireRole('editer') }, response: { 200: Message } }, reply);
  // @ts-expect-error a role that only another table has
  app.get('/5', { needs: { editor: requireRole('editor') }, response: { 200: Message } }, reply);
}
