import { Command } from 'commander';
import { randomToken } from '../base/random.js';
import { print } from './output.js';

/** A fresh strong key as a line for `.env`. It is printed once and kept nowhere. */
export const secretCommand = (): Command =>
  new Command('secret').description('print a fresh strong key line for .env').action(() => {
    print(`SECURITY_JWT_SECRET_KEY=${randomToken()}`);
  });
