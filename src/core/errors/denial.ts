/**
 * An expected no: which check refused, and why. A value, never thrown.
 *
 * A denial is shown to the one who asked and goes on the record, so it holds nothing that the
 * model, the user or a plugin wrote: the check, a reason of its closed list, at most a JSON
 * pointer, the capability's family, and the names of rules.
 *
 * @module
 */

import type { CheckName, CheckReason } from './reasons.ts';

export interface Denial {
  readonly kind: 'denial';
  readonly check: CheckName;
  readonly reason: CheckReason;
  /** The family of the capability that was missing, such as `tool:file:read`; never a resource. */
  readonly family?: string;
  /** Where in the arguments, as a JSON pointer (RFC 6901) of names that the schema declares. */
  readonly pointer?: string;
  /** `kind:rule` of what a scanner found that policy does not let pass: never what it says. */
  readonly findings?: readonly string[];
  /** Milliseconds until the same call may pass; set for rates and budgets. */
  readonly retryAfterMs?: number;
}

/** The facts of a denial beyond check and reason. */
export type DenialFacts = Pick<Denial, 'family' | 'pointer' | 'findings' | 'retryAfterMs'>;

export function deny<Check extends CheckName>(
  check: Check,
  reason: CheckReason<Check>,
  facts: DenialFacts = {},
): Denial {
  return { kind: 'denial', check, reason, ...facts };
}

/** All that the model is told of a denial: it never learns how to get past the check. */
export const DENIAL_SENTENCE = 'This tool call was denied by the gateway.';
