/**
 * What the policy prover needs to know of a workspace: no secret, code, or text that anybody wrote.
 *
 * @module
 */

import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { ProvedPrincipal, ProvedWorkspace } from '../../core/policy/prove-flow.ts';
import { ROOT_NAME, ROOT_WORKSPACE } from '../../core/policy/reserved-name.ts';
import { givableBy } from '../../core/policy/sign-in-policy.ts';
import { isLiveToken, ROOT_GRANTS } from '../../core/policy/token-facts.ts';
import { builtInPlugins } from './built-in-plugins.ts';
import { toGiverName } from './issuer-giver.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

export function describeForProof(parts: WorkspaceParts): ProvedWorkspace {
  const { policy } = parts.workspace.row();
  const { allow, deny, flow, approvals } = policy;
  return {
    policy: { allow, deny, flow, approvals },
    plugins: listServed(parts, policy).map((plugin) => ({
      name: plugin.name,
      allow: plugin.allow,
      deny: plugin.deny,
      tools: plugin.tools.map(({ name, requires, annotations }) => ({
        name,
        requires,
        annotations,
      })),
    })),
    principals: [...listRoot(parts), ...listPrincipals(parts), ...listIssuers(parts)],
  };
}

/** All whose tools some turn may call: the gateway's own, and versions that older turns still have. */
function listServed(
  { plugins, skills }: WorkspaceParts,
  policy: Policy,
): readonly RegisteredPlugin[] {
  const running = plugins.all().filter(({ plugin }) => plugin.state === 'running');
  const served = [...running, ...plugins.draining()].map(({ plugin }) => plugin);
  return [...served, ...builtInPlugins(skills.all(), policy)];
}

/** Root has no token, and in the workspace that is its own it acts as anybody does. */
function listRoot(parts: WorkspaceParts): readonly ProvedPrincipal[] {
  if (parts.authorities.workspace !== ROOT_WORKSPACE) return [];
  const grants = ROOT_GRANTS.map(({ pattern }) => pattern);
  return [{ name: toPrincipalName(ROOT_NAME), grants }];
}

/** Whoever may come tomorrow, with all that an issuer can give to anybody. */
function listIssuers(parts: WorkspaceParts): readonly ProvedPrincipal[] {
  const { issuers } = parts.workspace.row().policy.signIn;
  return issuers.map((issuer) => ({ name: toGiverName(issuer), grants: givableBy(issuer) }));
}

/** Everybody with a live token, with all that its tokens give together. */
function listPrincipals(parts: WorkspaceParts): readonly ProvedPrincipal[] {
  const now = parts.now();
  const live = parts.tokens.all().filter((token) => isLiveToken(token, now));
  const byName = Map.groupBy(live, ({ subject }) => toPrincipalName(subject));
  return [...byName].map(([name, tokens]) => {
    const grants = tokens.flatMap(({ id }) => liveGrantsOf(id, parts.authorities.sources, now));
    return { name, grants: [...new Set(grants.map(({ pattern }) => pattern))] };
  });
}
