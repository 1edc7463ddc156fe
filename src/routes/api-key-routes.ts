import { z } from 'zod';
import type { Routes } from '../access/create-routes.js';
import { accountOwner } from '../access/current-user.js';
import { origin } from '../access/origin.js';
import { requireAdmin } from '../access/require-role.js';
import type { AccessTable } from '../accounts/access-table.js';
import { lengthProblem, storableProblem } from '../accounts/text.js';
import { apiKeysOf, createApiKey, endApiKey, endApiKeys, rotateApiKey } from '../flows/api-keys.js';
import { admin as asAdmin, type FlowDeps, self } from '../flows/flow-deps.js';
import { UserId } from './schemas/account-schemas.js';
import { ApiKey, NewKey, toApiKey, toNewKey } from './schemas/api-key-schemas.js';
import { textBy } from './schemas/text.js';

const KeyId = z.object({ id: z.string().regex(/^[0-9A-Za-z]{16}$/) });

const KeyList = z.object({ items: z.array(ApiKey) }).meta({ id: 'ApiKeyList' });

const bodies = (deps: Pick<FlowDeps, 'settings'>, access: AccessTable) => {
  const { maxDays } = deps.settings.apiKeys;
  const name = textBy((text) => lengthProblem(text, 1, 80) ?? storableProblem(text), {
    minLength: 1,
    maxLength: 80,
    examples: ['nightly report'],
  });
  const KeyWish = z
    .strictObject({
      name,
      scopes: z
        .array(z.enum(access.permissions as [string, ...string[]]))
        .max(50)
        .default([])
        .meta({ description: 'Permissions that the key may use, as far as its owner has them.' }),
      expires_in_days: z.number().int().min(1).max(maxDays).optional(),
    })
    .meta({ id: 'ApiKeyCreate' });
  const Rotation = z
    .strictObject({ overlap_hours: z.number().int().min(0).max(168).default(24) })
    .prefault({})
    .meta({ id: 'ApiKeyRotate' });
  return { KeyWish, Rotation };
};

/** Keys for programs: made, listed, rotated and ended by their owner in person, never by a key. */
export function addApiKeyRoutes(routes: Routes, deps: FlowDeps, access: AccessTable): void {
  const tags = ['api-keys'];
  const { KeyWish, Rotation } = bodies(deps, access);

  routes.post(
    '/api-keys',
    {
      needs: { user: accountOwner, origin },
      body: KeyWish,
      response: { 201: NewKey },
      refusals: ['too_many_keys'],
      summary: 'Make an API key; it is shown only now',
      tags,
    },
    async ({ user, origin: from, body }) => {
      const wanted = {
        name: body.name,
        scopes: [...new Set(body.scopes)],
        expiresInDays: body.expires_in_days,
      };
      return toNewKey(await createApiKey(deps, user.id, wanted, from));
    },
  );

  routes.get(
    '/api-keys',
    { needs: { user: accountOwner }, response: { 200: KeyList }, summary: 'The own API keys', tags },
    async ({ user }) => ({
      items: (await apiKeysOf(deps, user.id)).map(toApiKey),
    }),
  );

  addKeyChanges(routes, deps, Rotation, tags);
}

type Rotation = ReturnType<typeof bodies>['Rotation'];

function addKeyChanges(routes: Routes, deps: FlowDeps, Rotation: Rotation, tags: readonly string[]): void {
  routes.post(
    '/api-keys/:id/rotate',
    {
      needs: { user: accountOwner, origin },
      params: KeyId,
      body: Rotation,
      response: { 201: NewKey },
      refusals: ['too_many_keys'],
      summary: 'A successor of a key, which lives on for a while',
      tags,
    },
    async ({ user, origin: from, params, body }) => {
      const wanted = { accountId: user.id, keyId: params.id, overlapHours: body.overlap_hours };
      return toNewKey(await rotateApiKey(deps, wanted, from));
    },
  );

  routes.delete(
    '/api-keys',
    {
      needs: { user: accountOwner, origin },
      response: { 204: z.void() },
      summary: 'End every own API key',
      tags,
    },
    async ({ user, origin: from }) => {
      await endApiKeys(deps, user.id, self(user.id), from);
    },
  );

  routes.delete(
    '/api-keys/:id',
    {
      needs: { user: accountOwner, origin },
      params: KeyId,
      response: { 204: z.void() },
      summary: 'End an API key',
      tags,
    },
    async ({ user, origin: from, params }) => {
      await endApiKey(deps, { accountId: user.id, keyId: params.id }, from);
    },
  );
}

/** An admin ends what programs of an account may do, without shutting the account out. */
export function addUserKeyRoutes(routes: Routes, deps: FlowDeps): void {
  routes.delete(
    '/users/:id/api-keys',
    {
      needs: { admin: requireAdmin, origin },
      params: UserId,
      response: { 204: z.void() },
      summary: 'End every API key of an account',
      tags: ['users'],
    },
    async ({ admin, origin: from, params }) => {
      await endApiKeys(deps, params.id, asAdmin(admin.id), from);
    },
  );
}
