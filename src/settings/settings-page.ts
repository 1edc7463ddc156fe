import { command } from '../base/command.js';
import { defaultShown, type Group, groups, type Setting } from './setting.js';
import { type SettingName, settingNames, settingTable } from './setting-table.js';
import { environments } from './settings.js';

const rows: Readonly<Record<SettingName, Setting<unknown, unknown>>> = settingTable;

const code = (text: string): string => (/[` ]/.test(text) || text === 'none' ? text : `\`${text}\``);
const cell = (text: string): string => text.replaceAll('|', '\\|');
const tableRow = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const table = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [tableRow(head), tableRow(head.map(() => '---')), ...body.map(tableRow)].join('\n');

const namesOf = (group: Group): readonly SettingName[] =>
  settingNames.filter((name) => rows[name].group === group);

function described(name: SettingName): readonly string[] {
  const { aliases = [], secret = false, words } = rows[name];
  const also = aliases.map((alias) => ` Also \`${alias}\`.`).join('');
  return [`\`${name}\``, `${words}${also}${secret ? ` Secret: also \`${name}_FILE\`.` : ''}`];
}

const intro = `# Settings

<!-- Made by scripts/settings-docs.mjs from src/settings/setting-table.ts; a test fails when they differ. -->

Settings come from the process environment, from \`.env.<environment>\` and from \`.env\`, in this order: what stands
further left wins. \`${command} settings\` shows what is in effect and where it comes from. A FastAPI
project's own \`.env\` may stay as it is: the other names in the table mean the same, and names that Sallyport does not know are
left alone, unless they start with \`SECURITY_\`.

- Names are not case-sensitive. An empty value is the same as none.
- Yes and no: \`1\`, \`yes\`, \`on\`, \`true\` or \`0\`, \`no\`, \`off\`, \`false\`.
- Lists: \`a,b\` or \`["a","b"]\`; the empty list is \`[]\`.
- \`.env\` is read as python-dotenv reads it: \`export\`, quotes (over several lines too), \`\\n\` in double quotes, comments,
  \`\${NAME}\` and \`\${NAME:-default}\`.
- \`.env\` and \`.env.<environment>\` belong to the user who runs the server, or to root, and with a secret in them are read
  by nobody else: \`chmod 600 .env\`. Windows has no such checks.
- A secret may lie in a file: \`SECURITY_JWT_SECRET_KEY_FILE=/run/secrets/jwt\`. It must be a regular file of at most
  64 KiB; one line end at its end is cut. The name and its \`_FILE\` at once are refused.
- In code, \`loadSettings({ secret: async (name) => … })\` asks a vault for each secret that is not given.
- A private key is PEM text; its line ends may be written as \`\\n\`.
- Two names of one setting (\`SECRET_KEY\` and \`SECURITY_JWT_SECRET_KEY\`) must not differ.
- A misspelt \`SECURITY_…\` name is refused with the nearest known one. In the process environment this holds within two
  letters of a known name; others there are only warned of, because Kubernetes makes such names for its Services.`;

const strictness = `## What stops a start

All problems are printed at once, each with the line that mends it. In every environment: a value that does not fit its
setting; a key (PEM) under HS256; a public key, a wrong kind of key or curve; RSA under 2048 bits; a TLS certificate
without its key; a \`HOST\` that is not loopback, or \`NODE_ENV=production\`, while \`ENVIRONMENT\` is not set; a \`.env\` of
another user, unless this one or the owner is root.

Staging and production refuse, and development warns of: no secret (development makes one); a secret under 32
characters, with few different characters, a short piece repeated, a run such as \`abcdef\`, or with a known sample in it;
RSA under 3072 bits; \`DEBUG\`; origins \`*\` with credentials, and http origins (in development, loopback is fine); no
\`ALLOWED_HOSTS\`, or \`*\` in it; a database on another machine without TLS; \`SECURITY_BCRYPT_ROUNDS\` under 12; for root,
a \`.env\` of another user.

Warned of: in production, an http \`PUBLIC_URL\`, and \`SECURITY_REQUIRE_HTTPS\` with neither a certificate nor
\`TRUSTED_PROXIES\` (no request can pass); everywhere, RS256, a database in memory, \`REDIS_URL\` (not used yet),
\`SECURITY_PASSWORD_MIN_LENGTH\` under 8, a \`.env\` that every user of the machine can change, or that holds a secret
which every one can read.`;

/** docs/settings.md, whole. */
export function settingsPage(): string {
  const sections = groups.map(
    (group) => `## ${group}\n\n${table(['Setting', 'What it does'], namesOf(group).map(described))}`,
  );
  const defaults = settingNames.map((name) => [
    `\`${name}\``,
    ...environments.map((environment) => code(defaultShown(rows[name], environment))),
  ]);
  const table3 = `## Defaults of the three environments\n\n${table(['Setting', ...environments], defaults)}`;
  return `${[intro, ...sections, table3, strictness].join('\n\n')}\n`;
}

const exampleIntro = `# Copy this file to .env and take away the # where you want another value. Development needs none of them.
# docs/settings.md says more. Made by scripts/settings-docs.mjs; a test fails when it differs.`;

function exampleOf(name: SettingName): string {
  const { defaults, example, words } = rows[name];
  const value =
    example ?? (defaults.development === undefined ? '' : defaultShown(rows[name], 'development'));
  return `# ${words.replaceAll('`', '')}\n#${name}=${/\s/.test(value) ? `"${value}"` : value.replace(/^none$/, '')}`;
}

/** .env.example, whole: every setting with its default, all of them commented out. */
export function envExample(): string {
  const sections = groups.map((group) => [`## ${group}`, ...namesOf(group).map(exampleOf)].join('\n'));
  return `${[exampleIntro, ...sections].join('\n\n')}\n`;
}
