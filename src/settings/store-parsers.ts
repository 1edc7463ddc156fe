import { Secret } from '../base/secret.js';
import { holds } from './data-dir.js';
import { type Parse, path } from './parsers.js';
import { Unfit } from './refusals.js';

/** DATA_DIR becomes 0700 and ignored by git as a whole: it may not be the project's folder or one above it. */
export const dataDir: Parse<string> = (text, place) => {
  const folder = path(text, place);
  if (holds(folder, place.cwd))
    throw new Unfit(
      'is the working folder or one above it; the data folder is closed to everybody else and to git.',
      `${place.name}=./.sallyport`,
    );
  return folder;
};

/** REDIS_URL is understood, so that a mistake shows today, though nothing uses it yet. */
export const redisUrl: Parse<Secret> = (text, { name }) => {
  const given = text.trim();
  if (!/^(?:rediss?|valkeys?|unix):\/\//.test(given) || !URL.canParse(given))
    throw new Unfit('is not the address of a Redis or Valkey server.', `${name}=redis://localhost:6379/0`);
  return new Secret(given);
};
