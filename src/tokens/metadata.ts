/** Authorization server metadata (RFC 8414 §2), as far as this server has endpoints. */
export interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly revocation_endpoint: string;
  readonly jwks_uri: string;
  readonly grant_types_supported: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly revocation_endpoint_auth_methods_supported: readonly string[];
}

/** `publicUrl` is the issuer, exactly as it stands in `iss`. Without a trailing slash. */
export const authorizationServerMetadata = (publicUrl: string): AuthorizationServerMetadata => ({
  issuer: publicUrl,
  token_endpoint: `${publicUrl}/auth/token`,
  revocation_endpoint: `${publicUrl}/auth/revoke`,
  jwks_uri: `${publicUrl}/.well-known/jwks.json`,
  grant_types_supported: ['password', 'refresh_token'],
  // There is no authorization endpoint. §2 demands the member, §3.2 would drop empty ones: clients fail on its absence.
  response_types_supported: [],
  // Clients are public: a client secret is tolerated, and proves nothing.
  token_endpoint_auth_methods_supported: ['none'],
  revocation_endpoint_auth_methods_supported: ['none'],
});
