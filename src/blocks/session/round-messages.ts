/**
 * What the history keeps of a round: the model's reply, and an answer to every call in it, in the
 * order of the calls. A round that was broken off gets sentences of the gateway where results are
 * missing.
 *
 * @module
 */

import { answerCall } from '../../core/conversation/answer-call.ts';
import type { Message } from '../../core/conversation/message.ts';
import { type RoundProgress, toJournaledCall } from './turn-progress.ts';

export function toRoundMessages({ message, calls }: RoundProgress): Message[] {
  const answers = message.toolCalls.map((written, index) =>
    answerCall(written, toJournaledCall(calls.get(index))),
  );
  return [message, ...answers];
}
