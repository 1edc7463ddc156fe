import { z } from 'zod';
import type { AddressLimits, TakeFromAddress } from '../access/address-limit.js';
import type { Routes } from '../access/create-routes.js';
import { currentSession } from '../access/current-user.js';
import { device, hangUp, origin } from '../access/origin.js';
import { InvalidInput, Refusal } from '../base/errors.js';
import type { FlowDeps, Origin } from '../flows/flow-deps.js';
import { refresh } from '../flows/refresh.js';
import { revokeToken } from '../flows/revoke-token.js';
import { findKnownDevice, type GrantedTokens, signIn } from '../flows/sign-in.js';
import { signOut } from '../flows/sign-out.js';
import { addressPolicies } from '../limits/policy.js';
import { tokenResponse } from '../tokens/token-response.js';
import { RevocationForm, TokenAnswer, TokenForm } from './schemas/token-schemas.js';

export const tokenPath = '/auth/token';

const tags = ['tokens'];
const defaultClientId = 'sallyport';
const formTypes = ['application/x-www-form-urlencoded', 'multipart/form-data'];

export function addTokenRoutes(routes: Routes, deps: FlowDeps, limits: AddressLimits): void {
  routes.post(
    tokenPath,
    {
      access: 'public',
      needs: {
        origin,
        device,
        first: limits.tokenEndpoint,
        take: limits.take,
        takeAsStranger: limits.takeAsStranger,
        signal: hangUp,
      },
      body: TokenForm,
      consumes: formTypes,
      response: { 200: TokenAnswer },
      refusals: ['sign_in_failed', 'account_disabled', 'invalid_grant', 'unsupported_grant_type'],
      summary: 'Sign in (password grant) or refresh (refresh_token grant)',
      tags,
    },
    async ({ origin: from, device: label, take, takeAsStranger, signal, body }) =>
      tokenResponse(await grant(deps, body, { from, label, take, takeAsStranger, signal })),
  );

  routes.post(
    '/auth/revoke',
    {
      access: 'public',
      needs: { origin },
      body: RevocationForm,
      consumes: formTypes,
      response: { 200: z.object({}) },
      summary: 'End the session that a token belongs to (RFC 7009)',
      tags,
    },
    async ({ origin: from, body }) => {
      await revokeToken(deps, body.token, from);
      return {};
    },
  );

  routes.post(
    '/auth/logout',
    {
      needs: { session: currentSession, origin },
      response: { 204: z.void() },
      summary: 'End this session',
      tags,
    },
    async ({ session, origin: from }) => {
      await signOut(deps, session, from);
    },
  );
}

interface Circumstances {
  readonly from: Origin;
  readonly label: string | null;
  readonly take: TakeFromAddress;
  readonly takeAsStranger: () => void;
  readonly signal: AbortSignal;
}

/** One function a grant type (RFC 6749 §4.3, §6). None named means the password grant, as FastAPI's form takes it. */
const grants: Readonly<
  Record<string, (deps: FlowDeps, form: TokenForm, how: Circumstances) => Promise<GrantedTokens>>
> = {
  async password(deps, form, { from, label, take, takeAsStranger, signal }) {
    const { username: identifier, password } = assertSent(form, ['username', 'password']);
    const device = await findKnownDevice(deps, identifier, form.device_token);
    if (device === undefined) takeAsStranger();
    await take(addressPolicies.signIn, device);
    const clientId =
      form.client_id !== undefined && /^[\w.-]{1,64}$/.test(form.client_id)
        ? form.client_id
        : defaultClientId;
    const deviceToken = form.device_token;
    return signIn(deps, { identifier, password, deviceToken, clientId, device: label, signal }, from);
  },
  async refresh_token(deps, form, { from, take }) {
    const { refresh_token: refreshToken } = assertSent(form, ['refresh_token']);
    await take(addressPolicies.refresh);
    return refresh(deps, refreshToken, from);
  },
};

function grant(deps: FlowDeps, form: TokenForm, how: Circumstances): Promise<GrantedTokens> {
  const grantType = form.grant_type || 'password';
  const chosen = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined;
  if (!chosen) {
    how.takeAsStranger();
    throw new Refusal('unsupported_grant_type');
  }
  return chosen(deps, form, how);
}

/** FastAPI takes an empty form field for a missing one, and lists every missing field. */
function assertSent<K extends keyof TokenForm>(form: TokenForm, names: readonly K[]): Record<K, string> {
  const missing = names.filter((name) => !form[name]);
  if (missing.length > 0)
    throw new InvalidInput(
      missing.map((name) => ({ loc: ['body', name], msg: 'Field required', type: 'missing' })),
    );
  return form as Record<K, string>;
}
