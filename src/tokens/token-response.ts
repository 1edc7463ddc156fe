import type { IssuedAccessToken } from './access-token.js';

/** Body of a successful answer of the token endpoint (RFC 6749 §5.1); `device_token` is ours. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'bearer';
  /** Whole seconds. */
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly device_token?: string;
}

/** To be sent with `Cache-Control: no-store`. `deviceToken` comes with the password grant alone. */
export function tokenResponse(
  tokens: IssuedAccessToken & { readonly refreshToken: string; readonly deviceToken?: string | undefined },
): TokenResponse {
  return {
    access_token: tokens.accessToken,
    token_type: 'bearer',
    expires_in: tokens.expiresIn,
    refresh_token: tokens.refreshToken,
    ...(tokens.deviceToken === undefined ? {} : { device_token: tokens.deviceToken }),
  };
}
