import { command } from '../base/command.js';
import type { LoadedSettings } from '../settings/load-settings.js';
import { table } from './output.js';

const secretName = 'SECURITY_JWT_SECRET_KEY';
const madeForYou = 'made for you once, kept in the data folder';

/** What a newcomer needs once the server answers. */
export function banner(
  { settings, sources, warnings }: LoadedSettings,
  url: string,
  hasAdmin: boolean,
): string {
  const { database, dataDir, debug, environment } = settings;
  const where = database.engine === 'sqlite' ? database.file : 'PostgreSQL, as DATABASE_URL says';
  const rows = [
    ['Address', `${url}  (${environment})`],
    ['Docs page', debug ? `${url}/docs` : 'closed (open only under DEBUG)'],
    ['Database', where],
    ['Data folder', dataDir],
    ...(hasAdmin
      ? []
      : [['First admin', `${command} users create --role admin --email you@example.org --username you`]]),
  ];
  const defaults = sources.filter(({ source }) => source === 'development default');
  const lines = ['', 'Sallyport is listening.', '', indent(table(rows))];
  if (defaults.length > 0)
    lines.push(
      '',
      'Development defaults in force (staging and production ask for these, see docs/settings.md):',
      indent(table(defaults.map(({ name, value }) => [name, name === secretName ? madeForYou : value]))),
    );
  if (warnings.length > 0) lines.push('', 'Please look at:', ...warnings.map((warning) => `  ${warning}`));
  lines.push('', `Every setting and its source: ${command} settings. Stop with Ctrl+C.`, '');
  return lines.join('\n');
}

const indent = (text: string): string => text.replace(/^/gm, '  ');
