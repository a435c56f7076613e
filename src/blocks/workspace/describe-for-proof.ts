/**
 * What the policy prover needs to know of a workspace: no secret, code, or text that anybody wrote.
 *
 * @module
 */

import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { ProvedPrincipal, ProvedWorkspace } from '../../core/policy/prove-flow.ts';
import { givableBy } from '../../core/policy/sign-in-policy.ts';
import { isLiveToken } from '../../core/policy/token-facts.ts';
import { toGiverName } from './issuer-giver.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

export function describeForProof(parts: WorkspaceParts): ProvedWorkspace {
  const { allow, deny, flow, approvals } = parts.workspace.row().policy;
  const plugins = parts.plugins.all().filter(({ plugin }) => plugin.state === 'running');
  return {
    policy: { allow, deny, flow, approvals },
    plugins: plugins.map(({ plugin }) => ({
      name: plugin.name,
      allow: plugin.allow,
      deny: plugin.deny,
      tools: plugin.tools.map(({ name, requires, annotations }) => ({
        name,
        requires,
        annotations,
      })),
    })),
    principals: [...listPrincipals(parts), ...listIssuers(parts)],
  };
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
