/**
 * Gives back what a turn did not use of its slice.
 *
 * @module
 */

import { giveBackCalls } from './bucket.ts';
import { charge, type Spend } from './ledger.ts';
import type { Policy } from './policy.ts';
import {
  isOfPeriod,
  mapRecord,
  ownNumber,
  type Reservation,
  type Reserves,
  refreshReserves,
  type StoredReserves,
} from './reserves.ts';

/** What a turn has used, tool calls by tool. */
export interface Settlement extends Spend {
  readonly toolCalls: Readonly<Record<string, number>>;
}

/**
 * Gives back what a turn did not use. Money and tokens go back to the periods that they came from; what
 * was overspent is charged to them. Of a period that is over nothing is kept.
 */
export function settleSlice(
  stored: StoredReserves,
  by: { readonly policy: Policy; readonly now: number },
  ended: { readonly held: Reservation; readonly used: Settlement },
): Reserves {
  const { held, used } = ended;
  const reserves = refreshReserves(stored, by);
  const usedCalls = Object.values(used.toolCalls).reduce((sum, calls) => sum + calls, 0);
  const unused = Math.max(0, held.toolCalls - usedCalls);
  const tools = mapRecord(reserves.tools, (bucket, tool) => {
    const calls = ownNumber(held.perTool, tool) - ownNumber(used.toolCalls, tool);
    return giveBackCalls(bucket, Math.max(0, calls));
  });
  const ledgers = mapRecord(reserves.ledgers, (ledger, name) =>
    isOfPeriod(held, ledger, name) ? charge(ledger, minus(used, held)) : ledger,
  );
  return {
    session: giveBackCalls(reserves.session, unused),
    principal: giveBackCalls(reserves.principal, unused),
    workspace: giveBackCalls(reserves.workspace, unused),
    tools,
    ledgers,
  };
}

function minus(a: Spend, b: Spend): Spend {
  return { tokens: a.tokens - b.tokens, costMicroUsd: a.costMicroUsd - b.costMicroUsd };
}
