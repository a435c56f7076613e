/**
 * How a sign-in to a remote server is shown: never with its tokens, and as what it is worth to the plugin
 * as that is now.
 *
 * @module
 */

import { SHARED, type SignInDescription } from '../blocks/vault/sign-in-api.ts';
import type { PluginDescription } from '../blocks/workspace/workspace-api.ts';

type SignsIn = PluginDescription['signsIn'];

export function presentSignIn({ plugin: _, ...told }: SignInDescription, signsIn: SignsIn) {
  const isUsed =
    signsIn !== undefined &&
    (told.holder === SHARED) === (signsIn.holder === 'workspace') &&
    isSameHost(told.server, signsIn.server);
  return isUsed ? told : ({ ...told, state: 'needed', reason: 'unused' } as const);
}

/** A token goes to the host and port that it was given for, whatever the path there. */
function isSameHost(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}
