/**
 * The last question of check 5: whether a human must see the call first, and whether he has said yes
 * to exactly this one.
 *
 * @module
 */

import type { Capability } from '../capabilities/pattern.ts';
import { type CallPlace, toCallKey } from '../conversation/tool-call.ts';
import { type Denial, deny } from '../errors/denial.ts';
import { type ApprovalBinding, toApprovalHash, toRulesHash } from '../policy/approval.ts';
import { asksAlways } from '../policy/approval-policy.ts';
import type { Label } from '../policy/labels.ts';
import { toPrincipalName } from '../policy/principal.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import type { FlowDecision } from './call-flow.ts';
import { authoritiesOf, type CheckContext } from './check-context.ts';
import type { KnownTool } from './structure.ts';

/** What makes a call the one that was approved. */
interface AskableCall extends Pick<KnownTool, 'plugin' | 'tool'> {
  readonly place: CallPlace;
  readonly argumentHash: string;
  readonly capabilities: readonly Capability[];
  readonly label: Label;
}

/** An approval replaces the flow rule's `ask` and the policy's `always`, and nothing else. */
export function requireApproval<Call extends AskableCall>(
  call: Call,
  context: CheckContext,
  { outcome, facts }: FlowDecision,
): Result<Call & { readonly approval?: string }, Denial> {
  if (outcome === 'allow' && !isAlwaysAsked(call, context)) return ok(call);
  const approval = toApprovalHash(toBinding(call, context), context.sha256);
  if (!context.approvals.has(approval)) return err(deny('sanitise', 'approval_required', facts));
  return ok({ ...call, approval });
}

/** What an approval of this call is bound to. */
export function toBinding(
  { tool, plugin, argumentHash, place, label }: AskableCall,
  context: CheckContext,
): ApprovalBinding {
  const { policy, principal } = context.newest ?? context.authority;
  return {
    tool: tool.name,
    plugin: plugin.name,
    pluginVersion: plugin.version,
    codeHash: plugin.codeHash,
    ...(plugin.config && { configHash: plugin.config.hash }),
    argumentHash,
    principal: toPrincipalName(principal),
    label,
    callKey: toCallKey(place),
    rules: toRulesHash(policy, context.sha256),
  };
}

function isAlwaysAsked({ capabilities }: AskableCall, context: CheckContext): boolean {
  return authoritiesOf(context).some(({ policy: { approvals } }) =>
    capabilities.some((capability) => asksAlways(approvals, capability)),
  );
}
