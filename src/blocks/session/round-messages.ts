/**
 * What the history keeps of a round: the model's reply, and an answer to every call in it, in the
 * order of the calls. A round that was broken off gets sentences of the gateway where results are
 * missing. Calls that the client runs have no answer here: it comes with the next turn. A turn that
 * stands alone leaves nothing.
 *
 * @module
 */

import { answerCall } from '../../core/conversation/answer-call.ts';
import type { Message } from '../../core/conversation/message.ts';
import { type RoundProgress, toJournaledCall } from './call-progress.ts';
import type { TurnFacts } from './turn-store.ts';

export function toRoundMessages(
  { standsAlone }: TurnFacts,
  { message, calls }: RoundProgress,
): Message[] {
  if (standsAlone) return [];
  const answers = message.toolCalls.flatMap((written, index) => {
    const call = calls.get(index);
    return call?.handedOver ? [] : [answerCall(written, toJournaledCall(call))];
  });
  return [message, ...answers];
}
