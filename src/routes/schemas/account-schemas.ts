import { z } from 'zod';
import { type Account, roles as ownRoles, type RoleName } from '../../accounts/account.js';
import { emailProblem } from '../../accounts/email-address.js';
import { foldUsername, usernameProblem } from '../../accounts/identity.js';
import { bioProblem, fullNameProblem, sanitizeBio } from '../../accounts/profile.js';
import { lengthProblem, storableProblem } from '../../accounts/text.js';
import type { Settings } from '../../settings/settings.js';
import { pageLimit } from './page-limit.js';
import { textBy } from './text.js';

/** Beyond 128 code points a password is refused by the policy; this bound only keeps the schema closed. */
const maxPassword = 128;

const Username = textBy(usernameProblem, {
  minLength: 3,
  maxLength: 50,
  pattern: '^[a-zA-Z0-9_]+$',
  examples: ['alice'],
}).transform(foldUsername);

const Email = textBy(emailProblem, {
  maxLength: 254,
  format: 'email',
  examples: ['alice@example.org'],
});

const FullName = textBy(fullNameProblem, { maxLength: 100, examples: ['Alice Liddell'] });

const bioText = textBy(bioProblem, { maxLength: 500, examples: ['Curiouser and curiouser'] });
/** Stripped as the seed does, unless SECURITY_SANITIZE_BIO is off. */
const bio = (settings: Pick<Settings, 'sanitizeBio'>) =>
  settings.sanitizeBio ? bioText.transform(sanitizeBio) : bioText;

/** A password that is to be kept: the policy judges the rest, with the account in hand. */
const NewPassword = textBy((text) => lengthProblem(text, 1, maxPassword) ?? storedOnlyAsHash(text), {
  minLength: 1,
  maxLength: maxPassword,
  format: 'password',
});

/** A password that is compared: any text, so that one set elsewhere or before a rule changed can still be typed. */
const GivenPassword = z.string().min(1).max(4096).meta({ format: 'password' });

/** A NUL in a password is hashed like any other character (it is not stored); a lone surrogate has no UTF-8 form. */
function storedOnlyAsHash(text: string) {
  return storableProblem(text.replaceAll('\0', ''));
}

const userSchema = (roles: readonly RoleName[]) =>
  z
    .object({
      id: z.uuid(),
      email: z.string().meta({ format: 'email' }),
      username: z.string(),
      full_name: z.string().nullable(),
      bio: z.string().nullable(),
      role: z.enum(roles),
      is_active: z.boolean(),
      created_at: z.iso.datetime().meta({ examples: ['2026-11-25T13:57:59.851Z'] }),
    })
    .meta({ id: 'User', description: 'What is told of an account: this and nothing else.' });

export const toUser = (account: Account): z.input<ReturnType<typeof userSchema>> => ({
  id: account.id,
  email: account.email,
  username: account.username,
  full_name: account.fullName,
  bio: account.bio,
  role: account.role,
  is_active: account.isActive,
  created_at: new Date(account.createdAt).toISOString(),
});

export const UserId = z.object({ id: z.uuid() });

/**
 * What goes in and out, with the roles of this application. Bodies are closed: a `role` or an `id` that a client adds is
 * refused, not dropped in silence (ASVS 15.3.3).
 */
export const accountSchemas = (
  settings: Pick<Settings, 'sanitizeBio'>,
  roles: readonly RoleName[] = ownRoles,
) => {
  const User = userSchema(roles);
  const profile = { full_name: FullName.nullable().optional(), bio: bio(settings).nullable().optional() };
  return {
    User,
    UserPage: z.object({ items: z.array(User), next_cursor: z.string().nullable() }).meta({ id: 'UserPage' }),
    registration: z
      .strictObject({ email: Email, username: Username, password: NewPassword, ...profile })
      .meta({ id: 'Registration' }),
    profile: z.strictObject(profile).meta({ id: 'ProfileChange' }),
    adminChange: z
      .strictObject({ role: z.enum(roles).optional(), is_active: z.boolean().optional(), ...profile })
      .meta({ id: 'AccountChange' }),
  };
};

export const PasswordChange = z
  .strictObject({
    current_password: GivenPassword,
    new_password: NewPassword,
    revoke_api_keys: z.boolean().default(false).meta({ description: 'Ends every API key, too.' }),
  })
  .meta({ id: 'PasswordChange' });

export const PasswordProof = z.strictObject({ password: GivenPassword }).meta({ id: 'PasswordProof' });

export const UserSearch = z.strictObject({
  search: textBy((text) => lengthProblem(text, 2, 50) ?? storableProblem(text), {
    minLength: 2,
    maxLength: 50,
    description:
      'Looks into full_name. From 3 characters on anywhere in it, with 2 at the beginning of a word.',
  }).optional(),
  limit: pageLimit,
  cursor: z.string().max(200).optional().meta({ description: '`next_cursor` of the page before.' }),
});

export const Message = z.object({ message: z.string() }).meta({ id: 'Message' });
