/**
 * What one sender may do and spend, where whoever let him in has said so: never more than his channel
 * gives to all.
 *
 * @module
 */

import { boundGrants, handDown } from '../blocks/block-grants.ts';
import type { Grant } from '../capabilities/grant.ts';
import { lesserOf, type Spend } from '../policy/ledger.ts';
import { err, ok, type Result } from '../primitives/result.ts';

/** What is absent is as the channel has it. */
export interface SenderTerms {
  readonly grants?: readonly Grant[];
  /** Most for a day (UTC). */
  readonly budget?: Spend;
}

/** What a channel gives to each of its senders. */
export interface ChannelTerms {
  readonly grants: readonly Grant[];
  readonly budget: Spend;
}

/** Says what would be wider: a capability, or `budget`. */
export function requireNarrower(
  channel: ChannelTerms,
  { grants = [], budget = channel.budget }: SenderTerms,
  now: number,
): Result<undefined, string> {
  const handed = handDown(channel.grants, grants, now);
  if (!handed.ok) return err(handed.error);
  const { tokens, costMicroUsd } = channel.budget;
  const isWithin = budget.tokens <= tokens && budget.costMicroUsd <= costMicroUsd;
  return isWithin ? ok(undefined) : err('budget');
}

/** What is left under all of them together: an identity of two accounts is bound by what binds either. */
export function narrowestTerms(
  channel: ChannelTerms,
  all: readonly (SenderTerms | undefined)[],
): ChannelTerms {
  return all.reduce<ChannelTerms>(
    (terms, own) => ({
      grants: own?.grants === undefined ? terms.grants : boundGrants(terms.grants, own.grants),
      budget: own?.budget === undefined ? terms.budget : lesserOf(terms.budget, own.budget),
    }),
    channel,
  );
}
