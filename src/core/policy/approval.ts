/**
 * Approvals: a human's yes to exactly one call.
 *
 * An approval is bound by a hash to everything that made the question what it was. Whatever changes
 * meanwhile, the call has another hash, and what was said of the first one does not count for it.
 *
 * @module
 */

import { canonicalJson } from '../primitives/canonical-json.ts';
import type { JsonObject } from '../primitives/json.ts';
import { toUtf8 } from '../primitives/utf8.ts';
import type { Label } from './labels.ts';
import type { Policy } from './policy.ts';

/** A `type`, so that it is a `JsonObject` and has one spelling. */
export type ApprovalBinding = {
  readonly tool: string;
  readonly plugin: string;
  readonly pluginVersion: string;
  readonly codeHash: string;
  /** Of the plugin's settings; absent where there are none. */
  readonly configHash?: string;
  /** SHA-256 of the canonical arguments, as in the ticket. */
  readonly argumentHash: string;
  /** `kind:id` of the principal whose turn it is. */
  readonly principal: string;
  /** Of all that may have shaped the call. */
  readonly label: Label;
  /** `turnId/round/index`. */
  readonly callKey: string;
  /** See {@link toRulesHash}. */
  readonly rules: string;
};

/** What a run tells its session of a call that must wait for a human. */
export interface ApprovalRequest {
  /** As `toApprovalId` makes it. */
  readonly id: string;
  readonly binding: ApprovalBinding;
  /** Of the binding; see {@link toApprovalHash}. */
  readonly hash: string;
  /** Canonical: what runs if the answer is yes, and what the human is shown. */
  readonly arguments: JsonObject;
  /** As on the record. */
  readonly argumentsHmac: string;
  readonly capabilities: readonly string[];
  readonly askedAt: number;
  /** Epoch milliseconds; from then on there is no yes any more. */
  readonly expiresAt: number;
}

type Sha256 = (bytes: Uint8Array) => string;

export function toApprovalHash(binding: ApprovalBinding, sha256: Sha256): string {
  return sha256(toUtf8(canonicalJson(binding)));
}

/** The revision of the rules that say which calls need a human: equal as long as they are. */
export function toRulesHash({ approvals, flow }: Policy, sha256: Sha256): string {
  return sha256(toUtf8(canonicalJson({ approvals: { ...approvals }, flow: { ...flow } })));
}
