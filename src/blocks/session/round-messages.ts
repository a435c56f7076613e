/**
 * What the history keeps of a round: the model's reply, and an answer to every call in it, in the
 * order of the calls. A round that was broken off gets sentences of the gateway where results are
 * missing. Calls that the client runs have no answer here: it comes with the next turn.
 *
 * @module
 */

import { answerCall } from '../../core/conversation/answer-call.ts';
import type { Message } from '../../core/conversation/message.ts';
import { type RoundProgress, toJournaledCall } from './turn-progress.ts';

export function toRoundMessages({ message, calls }: RoundProgress): Message[] {
  const answers = message.toolCalls.flatMap((written, index) => {
    const call = calls.get(index);
    return call?.handedOver ? [] : [answerCall(written, toJournaledCall(call))];
  });
  return [message, ...answers];
}
