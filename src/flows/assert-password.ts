import { passwordProblems } from '../accounts/password-policy.js';
import { InvalidInput } from '../base/errors.js';
import type { FlowDeps } from './flow-deps.js';

/** Throws 422 with every rule that the password breaks, at `body.<field>`. */
export function assertPassword(
  deps: Pick<FlowDeps, 'settings'>,
  password: string,
  owner: { readonly email: string; readonly username: string },
  field: string,
): void {
  const problems = passwordProblems(password, owner, deps.settings.password);
  if (problems.length > 0) throw new InvalidInput(problems.map((one) => ({ loc: ['body', field], ...one })));
}
