/**
 * What the caveats of a principal's token say about its turns: money, tokens, and what may be read.
 *
 * @module
 */

import type { Caveat } from './caveat.ts';
import { joinRead, type ToolEffect } from './flow.ts';
import { joinLabels, type Label, UNTRUSTED_LABEL } from './labels.ts';
import type { Spend } from './ledger.ts';
import { TURN_LIMIT_CEILINGS } from './turn-limits.ts';

type Bounded = { readonly caveats?: readonly Caveat[] };

/** What one turn may spend: the least of what the caveats say and of `ceiling`, where either says anything. */
export function turnCeilingOf({ caveats = [] }: Bounded, ceiling?: Spend): Spend | undefined {
  return caveats.reduce<Spend | undefined>((least, caveat) => {
    if (caveat.kind !== 'budget') return least;
    const { maxTokens, maxCostMicroUsd } = TURN_LIMIT_CEILINGS;
    return {
      tokens: Math.min(least?.tokens ?? maxTokens, caveat.maxTokens ?? maxTokens),
      costMicroUsd: Math.min(
        least?.costMicroUsd ?? maxCostMicroUsd,
        caveat.maxCostMicroUsd ?? maxCostMicroUsd,
      ),
    };
  }, ceiling);
}

/** Whether a call with this effect would bring more into a turn of this label than a caveat allows. */
export function exceedsLabel({ caveats = [] }: Bounded, label: Label, effect: ToolEffect): boolean {
  const heard = effect.hearsOutsiders ? joinLabels(label, UNTRUSTED_LABEL) : label;
  const reached = joinRead(heard, effect);
  return caveats.some((caveat) => {
    if (caveat.kind !== 'label') return false;
    const joined = joinLabels(caveat, reached);
    return (
      joined.integrity !== caveat.integrity || joined.confidentiality !== caveat.confidentiality
    );
  });
}
