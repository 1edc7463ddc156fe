import { expect, it } from 'vitest';
import { tokenResponse } from '../../src/tokens/token-response.js';

it('is snake_case, with a device_token only where one was given (RFC 6749 §5.1)', () => {
  const tokens = { accessToken: 'a', expiresIn: 1800, refreshToken: 'r' };
  const body = { access_token: 'a', token_type: 'bearer', expires_in: 1800, refresh_token: 'r' };
  expect(tokenResponse(tokens)).toEqual(body);
  expect(tokenResponse({ ...tokens, deviceToken: undefined })).toEqual(body);
  expect(tokenResponse({ ...tokens, deviceToken: 'd' })).toEqual({ ...body, device_token: 'd' });
});
