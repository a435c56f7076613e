/**
 * What all commands of the executor share.
 *
 * @module
 */

import { type ExecutorHome, locateHome } from '../executor/executor-home.ts';
import { type Identity, readIdentity } from '../executor/identity.ts';
import { type LocalPolicy, readLocalPolicy } from '../executor/local-policy.ts';
import type { Invocation, OptionDeclaration } from './command.ts';
import { CommandFailure } from './command-failure.ts';

export const HOME_OPTION: Readonly<Record<string, OptionDeclaration>> = {
  home: {
    value: '<folder>',
    help: 'where key, policy and ledger lie; else SALLYPORT_EXECUTOR_HOME, or ~/.sallyport-executor',
  },
};

export interface ExecutorSetup {
  readonly home: ExecutorHome;
  readonly identity: Identity;
  readonly policy: LocalPolicy;
}

/** @throws CommandFailure that says what is missing. */
export function readSetup(invocation: Invocation): ExecutorSetup {
  const home = locateHome(process.env, invocation.value('home'));
  const identity = readIdentity(home);
  if (!identity.ok) throw CommandFailure.usage(identity.error.message);
  const policy = readLocalPolicy(home.policyFile);
  if (!policy.ok) throw CommandFailure.usage(policy.error);
  return { home, identity: identity.value, policy: policy.value };
}
