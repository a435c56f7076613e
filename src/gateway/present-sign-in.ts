/**
 * How a sign-in to a remote server is shown: never with its tokens, and as what it is worth to the plugin
 * as that is now.
 *
 * @module
 */

import { SHARED, type SignInDescription } from '../blocks/vault/sign-in-api.ts';
import type { PluginDescription } from '../blocks/workspace/workspace-api.ts';
import { isGoodAt } from '../core/remote-sign-in/protected-resource.ts';

type SignsIn = PluginDescription['signsIn'];

export function presentSignIn(
  { plugin: _, audience, ...told }: SignInDescription,
  signsIn: SignsIn,
) {
  const isUsed =
    signsIn !== undefined &&
    (told.holder === SHARED) === (signsIn.holder === 'workspace') &&
    isGoodAt(audience, signsIn.server);
  return isUsed ? told : ({ ...told, state: 'needed', reason: 'unused' } as const);
}
