/**
 * Check 5: the arguments are safe in the one spelling in which they will run, and may go where the
 * tool would send them.
 *
 * From here on the raw arguments are gone: what is checked is what runs.
 *
 * @module
 */

import type { Capability } from '../capabilities/pattern.ts';
import type { CallPlace } from '../conversation/tool-call.ts';
import { type Denial, deny } from '../errors/denial.ts';
import type { Label } from '../policy/labels.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import type { JsonObject } from '../primitives/json.ts';
import { err } from '../primitives/result.ts';
import { toUtf8 } from '../primitives/utf8.ts';
import { holdsSecret } from '../scan/find-secrets.ts';
import { requireApproval } from './approval.ts';
import { decideFlow, labelOfCall } from './call-flow.ts';
import { CANONICAL_REASONS } from './canonical/canonical-problem.ts';
import type { EntitledCall } from './capability.ts';
import type { Check } from './check-context.ts';
import { findMismatch, type KnownTool } from './structure.ts';

export interface SanitisedCall extends Pick<KnownTool, 'plugin' | 'tool'> {
  readonly passed: 'sanitise';
  readonly place: CallPlace;
  readonly modelCallId: string;
  readonly canonicalArguments: JsonObject;
  /** SHA-256 of the canonical arguments as canonical JSON, lower-case hex. */
  readonly argumentHash: string;
  readonly capabilities: readonly Capability[];
  /** Of all that it was made of: what the model had seen, and what its handles stand for. */
  readonly label: Label;
  /** Hash of the approval that it has, where it needs one. */
  readonly approval?: string;
}

export const checkSanitise: Check<EntitledCall, SanitisedCall> = (call, context) => {
  const { plugin, tool, proposed, args, capabilities } = call;
  const unsafe = findUnsafe(call);
  if (unsafe !== undefined) return err(unsafe);

  const written = canonicalJson(args.canonical);
  if (holdsSecret(written, context.known)) return err(deny('sanitise', 'secret_in_arguments'));
  const flow = decideFlow(call, context);
  if (flow.outcome === 'deny') return err(deny('sanitise', 'flow_denied', flow.facts));

  const sanitised: SanitisedCall = {
    passed: 'sanitise',
    place: proposed.place,
    modelCallId: proposed.modelCallId,
    plugin,
    tool,
    canonicalArguments: args.canonical,
    argumentHash: context.sha256(toUtf8(written)),
    capabilities,
    label: labelOfCall(call, context),
  };
  return requireApproval(sanitised, context, flow);
};

function findUnsafe({ args, isUnfilled, schema }: EntitledCall): Denial | undefined {
  const [problem] = args.problems;
  if (problem !== undefined) {
    const { pointer, reason } = problem;
    return deny('sanitise', CANONICAL_REASONS[reason], { pointer });
  }
  if (isUnfilled) return deny('sanitise', 'template_unfilled');
  const mismatch = findMismatch(schema, args.canonical);
  return mismatch && deny('sanitise', 'schema_mismatch', mismatch);
}
