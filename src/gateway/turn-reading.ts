/**
 * What a turn has come to, read out of its events: what its model said, round by round, and which
 * calls the client is to run.
 *
 * @module
 */

import type { Cut, TurnEvent, TurnEventBody } from '../core/conversation/turn-event.ts';
import { NO_USAGE, type Usage } from '../core/conversation/usage.ts';

/** A call of a tool of the client. */
export interface HandedCall {
  readonly callId: string;
  readonly tool: string;
  readonly argumentsText: string;
}

export interface TurnReading {
  /** Of each round that said something. */
  readonly texts: readonly string[];
  readonly handedOver: readonly HandedCall[];
  readonly usage: Usage;
  readonly cut: Cut | undefined;
}

export function readTurnEvents(events: readonly TurnEvent[]): TurnReading {
  const texts = new Map<number, string>();
  const handedOver: HandedCall[] = [];
  let usage = NO_USAGE;
  let cut: Cut | undefined;
  for (const { body } of events) {
    if (body.kind === 'text-delta') {
      texts.set(body.round, (texts.get(body.round) ?? '') + body.text);
    } else if (body.kind === 'round-restarted') {
      texts.delete(body.round);
    } else if (body.kind === 'tool-call-handed-over') {
      handedOver.push(body);
    } else if (body.kind === 'turn-finished') {
      usage = body.usage;
      cut = cutOf(body);
    }
  }
  return { texts: [...texts.values()], handedOver, usage, cut };
}

type Finished = Extract<TurnEventBody, { kind: 'turn-finished' }>;

export function cutOf({ isCut, isFiltered }: Finished): Cut | undefined {
  if (isFiltered) return 'filter';
  return isCut ? 'length' : undefined;
}
