import { environmentOf } from './environment.js';
import type { Parse } from './parsers.js';
import { shown, Unfit } from './refusals.js';
import type { Environment } from './settings.js';

export const environment: Parse<Environment> = (text, { name }) => {
  const value = environmentOf(text);
  if (value === undefined)
    throw new Unfit(
      `is ${shown(text)}; it takes development, staging or production.`,
      `${name}=production (or development on your own machine)`,
    );
  return value;
};
