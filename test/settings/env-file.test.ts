import { chmodSync, chownSync, lchownSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { testJwtSecret as strong } from '../../src/testing/test-settings.js';
import { type Env, production, settingsFolder } from './settings-folder.js';

const { load, problems, write, inside } = settingsFolder();
const isRoot = process.getuid?.() === 0;
const stranger = 12_345;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Puts the file before a user who is not its owner: given away where this is root, else seen as that user. */
function foreign(name: string, seenAs: number): void {
  if (isRoot) chownSync(inside(name), stranger, stranger);
  vi.spyOn(process, 'geteuid').mockReturnValue(seenAs);
}

const owner = (): number => (isRoot ? stranger : Number(process.getuid?.()));

describe('a .env of another user', () => {
  it.each(['.env', '.env.development', '.env.production'])('is refused: %s', async (name) => {
    write(name, 'DATABASE_URL=postgresql://theirs:pw@db.example/x?sslmode=verify-full');
    foreign(name, 54_321);
    const env: Env = name === '.env.production' ? production : {};
    expect(await problems(env)).toEqual([
      `${name} belongs to user ${owner()}, but this is user 54321: its owner could change every setting. Mend: sudo chown 54321 ${name}, or run as user ${owner()}`,
    ]);
  });

  it('is refused before a word of it counts', async () => {
    write('.env', 'ENVIRONMENT=development\nSECURITY_JWT_SECRET_KEY_FILE=/nowhere');
    foreign('.env', 54_321);
    expect(await problems({})).toHaveLength(1);
  });

  it('is warned of to root in development (sudo, a mounted project), and refused in production', async () => {
    write('.env', 'APP_NAME=mounted');
    foreign('.env', 0);
    const line = `.env belongs to user ${owner()}, but this is user 0: its owner could change every setting. Mend: chown 0 .env, or run as user ${owner()}`;
    const { warnings, settings } = await load({});
    expect(warnings).toEqual([line]);
    expect(settings.appName).toBe('mounted');
    expect(await problems(production)).toEqual([line]);
    expect(await problems({ ...production, ENVIRONMENT: 'staging' })).toEqual([line]);
  });

  it("is taken where it is this user's own, or root's", async () => {
    write('.env', 'APP_NAME=own');
    expect((await load(production)).warnings).toEqual([]);
    // A container's bind mount: root's file, read by the user of the server. Others than root cannot make one.
    if (!isRoot) return;
    vi.spyOn(process, 'geteuid').mockReturnValue(54_321);
    expect((await load(production)).warnings).toEqual([]);
  });

  it('is not asked after where users have no numbers (Windows)', async () => {
    write('.env', `SECRET_KEY=${strong}`);
    foreign('.env', 54_321);
    chmodSync(inside('.env'), 0o666);
    const { geteuid } = process;
    try {
      Object.assign(process, { geteuid: undefined });
      expect((await load({})).warnings).toEqual([]);
    } finally {
      Object.assign(process, { geteuid });
    }
  });
});

describe('a .env that is a symbolic link', () => {
  // A file of root's, so that the link alone can be a stranger's, whoever runs this.
  const rootsFile = '/etc/hosts';

  function link(to: string, seenAs: number): void {
    symlinkSync(to, inside('.env'));
    if (isRoot) lchownSync(inside('.env'), stranger, stranger);
    vi.spyOn(process, 'geteuid').mockReturnValue(seenAs);
  }

  const line = (user: number) =>
    `.env is a symbolic link that belongs to user ${owner()}, but this is user ${user}: its owner could change every setting. Mend: rm .env`;

  it.each([rootsFile, '/nowhere'])('of another user is refused, wherever it leads: %s', async (to) => {
    link(to, 54_321);
    expect(await problems({})).toEqual([line(54_321)]);
    expect(await problems(production)).toEqual([line(54_321)]);
  });

  it('of another user is warned of to root in development, and refused in production', async () => {
    link(rootsFile, 0);
    expect((await load({})).warnings[0]).toBe(line(0));
    expect((await problems(production))[0]).toBe(line(0));
  });

  it("is taken where it is this user's own, or root's", async () => {
    write('settings', 'APP_NAME=linked');
    symlinkSync('settings', inside('.env'));
    expect((await load({})).settings.appName).toBe('linked');
    if (!isRoot) return;
    chownSync(inside('settings'), 54_321, 54_321);
    vi.spyOn(process, 'geteuid').mockReturnValue(54_321);
    expect((await load({})).settings.appName).toBe('linked');
    lchownSync(inside('.env'), 54_321, 54_321);
    expect((await load({})).settings.appName).toBe('linked');
  });
});

describe('a .env that everybody can read', () => {
  const line = (name: string) =>
    `.env holds a secret (${name}) and can be read by every user of this machine. Mend: chmod 600 .env`;

  async function warnings(text: string, mode: number): Promise<readonly string[]> {
    write('.env', text);
    chmodSync(inside('.env'), mode);
    return (await load({})).warnings;
  }

  it.each([
    [`SECURITY_JWT_SECRET_KEY=${strong}`, 'SECURITY_JWT_SECRET_KEY'],
    [`secret_key=${strong}`, 'SECRET_KEY'],
    ['DATABASE_URL=postgresql://u:geheim@localhost/x', 'DATABASE_URL'],
  ])('is warned of where it holds a secret: %s', async (text, name) => {
    const told = await warnings(text, 0o644);
    expect(told).toEqual([line(name)]);
    expect(told.join()).not.toContain('geheim');
    expect(await warnings(text, 0o600)).toEqual([]);
    expect(await warnings(text, 0o640)).toEqual([]);
  });

  it('is fine without a secret', async () => {
    expect(await warnings('APP_NAME=x\nDATABASE_URL=sqlite:./x.db\nOTHER_KEY=geheim', 0o644)).toEqual([]);
  });

  it('stops no start, in production either', async () => {
    write('.env.production', `SECRET_KEY=${strong}`);
    chmodSync(inside('.env.production'), 0o644);
    const { SECURITY_JWT_SECRET_KEY: _, ...rest } = production;
    expect((await load(rest)).warnings).toEqual([
      '.env.production holds a secret (SECRET_KEY) and can be read by every user of this machine. Mend: chmod 600 .env.production',
    ]);
  });

  it('is warned of whatever it holds where everybody can write it', async () => {
    expect(await warnings('APP_NAME=x', 0o666)).toEqual([
      '.env can be changed by every user of this machine, and so can every setting. Mend: chmod 600 .env',
    ]);
  });
});
