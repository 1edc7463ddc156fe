/** What is read of the account behind a session or a key, with the alias `a`: what an Account is made of. */
export const holderColumns = [
  'a.email',
  'a.username',
  'a.full_name',
  'a.bio',
  'a.role',
  'a.is_active',
  'a.created_at',
  'a.password_version',
] as const;

/** The account behind a session or a key, as it is stored; times in milliseconds. */
export interface Holder {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly fullName: string | null;
  readonly bio: string | null;
  readonly role: string;
  readonly isActive: boolean;
  readonly createdAt: number;
  readonly passwordVersion: number;
}

interface HolderRow {
  readonly account_id: string;
  readonly email: string;
  readonly username: string;
  readonly full_name: string | null;
  readonly bio: string | null;
  readonly role: string;
  readonly is_active: boolean;
  readonly created_at: number;
  readonly password_version: number;
}

export const toHolder = (row: HolderRow): Holder => ({
  id: row.account_id,
  email: row.email,
  username: row.username,
  fullName: row.full_name,
  bio: row.bio,
  role: row.role,
  isActive: row.is_active,
  createdAt: row.created_at,
  passwordVersion: row.password_version,
});
