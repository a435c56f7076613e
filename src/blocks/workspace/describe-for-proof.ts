/**
 * What the policy prover needs to know of a workspace: no secret, code, or text that anybody wrote.
 *
 * @module
 */

import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { ProvedPrincipal, ProvedWorkspace } from '../../core/policy/prove-flow.ts';
import { isLiveToken } from '../../core/policy/token-facts.ts';
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
    principals: listPrincipals(parts),
  };
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
