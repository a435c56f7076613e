/**
 * Plugins as their routes show them: where people sign in to a remote server, how that stands with who
 * asks, or with the workspace.
 *
 * @module
 */

import { SHARED } from '../blocks/vault/sign-in-api.ts';
import { openSignIns } from '../blocks/vault/sign-in-client.ts';
import type { PluginDescription } from '../blocks/workspace/workspace-api.ts';
import { toPrincipalName } from '../core/policy/principal.ts';
import { presentSignIn } from './present-sign-in.ts';
import type { RouteRequest } from './route.ts';

type Asking = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>;

export async function withSignIns(
  { env, caller }: Asking,
  plugins: readonly PluginDescription[],
): Promise<readonly object[]> {
  if (plugins.every(({ signsIn }) => signsIn === undefined)) return plugins;
  const { principal } = caller;
  const own = toPrincipalName(principal);
  const signIns = await openSignIns(env, principal.workspace).signIns({ holders: [own, SHARED] });
  return plugins.map(({ signsIn, ...plugin }) => {
    if (signsIn === undefined) return plugin;
    const holder = signsIn.holder === 'workspace' ? SHARED : own;
    const known = signIns.find((each) => each.plugin === plugin.name && each.holder === holder);
    const signIn = known ? presentSignIn(known, signsIn) : { holder, state: 'needed' };
    return { ...plugin, signIn };
  });
}

export async function withSignIn(asking: Asking, plugin: PluginDescription): Promise<object> {
  const [shown = {}] = await withSignIns(asking, [plugin]);
  return shown;
}

/** As the answer of a change: it was made, and must not look as if it was not where the vault cannot be read. */
export async function withSignInIfKnown(
  asking: Asking,
  plugin: PluginDescription,
): Promise<object> {
  const { signsIn: _, ...alone } = plugin;
  return await withSignIn(asking, plugin).catch(() => alone);
}
