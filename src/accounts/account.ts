export const roles = ['admin', 'moderator', 'user'] as const;

/** A role that every application has. `admin` may do everything; accounts begin as `user`. */
export type Role = (typeof roles)[number];

/** A role of Sallyport's, or one that the application added. */
export type RoleName = Role | (string & {});

/** An account as the rest of the house sees it: the password's hash is never part of it. */
export interface Account {
  /** UUIDv7; never reused, the tokens' `sub`. */
  readonly id: string;
  /** As it was typed at registration: mail goes there. */
  readonly email: string;
  readonly username: string;
  readonly fullName: string | null;
  readonly bio: string | null;
  readonly role: RoleName;
  readonly isActive: boolean;
  /** Milliseconds (UTC). */
  readonly createdAt: number;
  /** Grows with every change of the password. */
  readonly passwordVersion: number;
}
