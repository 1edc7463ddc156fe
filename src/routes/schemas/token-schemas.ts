import { z } from 'zod';

export const TokenAnswer = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.number().int().meta({ description: 'Seconds.' }),
    refresh_token: z.string(),
    device_token: z.string().optional().meta({
      description: 'Only with the password grant. Send it back at the next sign-in from this device.',
    }),
  })
  .meta({ id: 'Token' });

/** An empty field counts as none, as FastAPI reads a form. */
const field = (maxLength: number) => z.string().max(maxLength).optional();

/**
 * FastAPI's OAuth2PasswordRequestForm, and the refresh grant beside it. Which fields a grant needs is judged after the
 * grant is known; foreign fields are tolerated, as there.
 */
export const TokenForm = z
  .object({
    grant_type: field(200).meta({ description: '`password` (also when absent) or `refresh_token`.' }),
    username: field(4096).meta({ description: 'E-mail or username.' }),
    password: field(4096).meta({ format: 'password' }),
    refresh_token: field(4096),
    device_token: field(4096),
    scope: field(4096),
    client_id: field(4096),
    client_secret: field(4096),
  })
  .meta({ id: 'TokenForm' });

export type TokenForm = z.output<typeof TokenForm>;

export const RevocationForm = z
  .object({
    token: z.string().min(1).max(8192),
    token_type_hint: field(200),
    client_id: field(4096),
    client_secret: field(4096),
  })
  .meta({ id: 'RevocationForm' });

export const JsonWebKeySet = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .meta({ id: 'JsonWebKeySet' });

export const ServerMetadata = z
  .object({
    issuer: z.string(),
    token_endpoint: z.string(),
    revocation_endpoint: z.string(),
    jwks_uri: z.string(),
    grant_types_supported: z.array(z.string()),
    response_types_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    revocation_endpoint_auth_methods_supported: z.array(z.string()),
  })
  .meta({ id: 'AuthorizationServerMetadata' });
