import { Command, Option } from 'commander';
import { isRoleName } from '../accounts/access-table.js';
import { type Account, type RoleName, roles } from '../accounts/account.js';
import { createPasswordHasher } from '../accounts/password-hash.js';
import { InvalidInput } from '../base/errors.js';
import { localContext } from '../events/event-context.js';
import { commandLine } from '../flows/flow-deps.js';
import { findAccounts, getAccountByIdentifier } from '../flows/list-accounts.js';
import { register } from '../flows/register.js';
import { type AccountChange, updateAccount } from '../flows/update-account.js';
import { issuesFromZod } from '../http/validation.js';
import { accountSchemas, toUser } from '../routes/schemas/account-schemas.js';
import { print, printJson, table, UsageError } from './output.js';
import { readPassword } from './read-password.js';
import { type CommandDeps, withStore } from './with-store.js';

interface JsonOption {
  readonly json?: boolean;
}

interface CreateOptions extends JsonOption, Own {
  readonly email: string;
  readonly username: string;
  readonly fullName?: string;
  readonly role: RoleName;
  readonly passwordStdin?: boolean;
}

interface Own {
  readonly own?: boolean;
}

interface ListOptions extends JsonOption {
  readonly search?: string;
}

/** Works on the database beside a running server, which obeys at once: it reads the account for every request. */
export function usersCommand(): Command {
  const users = new Command('users').description('make, list and change accounts');
  users
    .command('create')
    .description('make an account; the password is asked for, or read from standard input')
    .requiredOption('--email <email>', 'where mail goes; also a name to sign in with')
    .requiredOption('--username <username>', '3 to 50 letters, digits and underscores')
    .option('--full-name <name>', 'as shown to others')
    .addOption(new Option('--role <role>', rolesKnown).default('user'))
    .option('--own', ownMeans)
    .option('--password-stdin', 'read the password from standard input')
    .option('--json', 'as JSON')
    .action(create);
  users
    .command('list')
    .description('every account, in the order of registration')
    .option('--search <text>', 'in the full name')
    .option('--json', 'as JSON')
    .action(list);
  users
    .command('set-role')
    .argument('<user>', 'e-mail or username')
    .argument('<role>', rolesKnown)
    .option('--own', ownMeans)
    .option('--json', 'as JSON')
    .description('give an account another role')
    .action(setRole);
  for (const [name, isActive] of [
    ['disable', false],
    ['enable', true],
  ] as const)
    users
      .command(name)
      .argument('<user>', 'e-mail or username')
      .option('--json', 'as JSON')
      .description(
        isActive ? 'let a disabled account in again' : 'shut an account out at once; its sessions end',
      )
      .action((user: string, options: JsonOption) => change(user, { isActive }, options));
  return users;
}

const rolesKnown = `one of ${roles.join(', ')}, or one of your application's own (--own)`;
const ownMeans = 'the role is one that your application adds by defineAccess';

/** A slip would make an account that may nothing: an own role is said to be one. */
function assertRole(role: string, own: boolean | undefined): void {
  if (roles.some((one) => one === role)) return;
  if (own && isRoleName(role)) return;
  const problem = own
    ? `"${role}" is no name for a role: lower-case letters, digits, "_" and "-"`
    : `there is no role "${role}". Roles: ${roles.join(', ')}. If your application adds it by defineAccess, say --own`;
  throw new UsageError(problem);
}

const setRole = (user: string, role: string, options: JsonOption & Own): Promise<void> => {
  assertRole(role, options.own);
  return change(user, { role }, options);
};

const create = async (options: CreateOptions): Promise<void> => {
  assertRole(options.role, options.own);
  const password = await readPassword({ fromStdin: options.passwordStdin === true });
  await withStore(async (deps) => {
    const { email, username, full_name: fullName } = parseRegistration(deps, options, password);
    const { bcryptRounds: rounds } = deps.settings.password;
    const hasher = await createPasswordHasher({ rounds, threads: 1 });
    try {
      const person = { email, username, password, fullName: fullName ?? null, bio: null };
      const registrar = { role: options.role, by: 'command_line' } as const;
      const account = await register({ ...deps, hasher }, person, localContext(deps.clock), registrar);
      show(account, options, `made ${account.role} ${account.username} <${account.email}> (${account.id})`);
    } finally {
      await hasher.close();
    }
  });
};

/** The same rules as at POST /auth/register, and the same words. */
function parseRegistration(deps: CommandDeps, options: CreateOptions, password: string) {
  const { email, username, fullName } = options;
  const given = { email, username, password, ...(fullName === undefined ? {} : { full_name: fullName }) };
  const parsed = accountSchemas(deps.settings).registration.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(issuesFromZod(parsed.error.issues, 'body', given));
}

const list = (options: ListOptions): Promise<void> =>
  withStore(async ({ store }) => {
    const found: Account[] = [];
    let cursor: string | undefined;
    do {
      const page = await findAccounts({ store }, { search: options.search, limit: 100, cursor });
      found.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    if (options.json) printJson(found.map(toUser));
    else print(table([['USERNAME', 'EMAIL', 'ROLE', 'ACTIVE', 'ID'], ...found.map(row)]));
  });

const row = ({ username, email, role, isActive, id }: Account) => [
  username,
  email,
  role,
  isActive ? 'yes' : 'no',
  id,
];

const change = (identifier: string, wanted: AccountChange, options: JsonOption): Promise<void> =>
  withStore(async (deps) => {
    const { id } = await getAccountByIdentifier(deps, identifier);
    const account = await updateAccount(deps, id, wanted, commandLine, localContext(deps.clock));
    const state = account.isActive ? 'active' : 'disabled';
    show(account, options, `${account.username} <${account.email}> is ${account.role}, ${state}`);
  });

const show = (account: Account, { json }: JsonOption, words: string): void => {
  if (json) printJson(toUser(account));
  else print(words);
};
