/**
 * What the history keeps of a round: the model's reply, and an answer to every call in it.
 *
 * Vendors refuse a history in which a call has no answer, so a round that was broken off gets
 * sentences of the gateway in place of results.
 *
 * @module
 */

import type { Message, ToolMessage } from '../../core/conversation/message.ts';
import type { WrittenToolCall } from '../../core/conversation/tool-call.ts';
import { DENIAL_SENTENCE } from '../../core/errors/denial.ts';
import { type Label, PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import type { CallProgress, RoundProgress } from './turn-progress.ts';

/** For a call that the turn's end overtook. */
export const NOT_RUN_SENTENCE = 'This tool call was not run.';

/** For a call that was started, and of which nobody can tell what became of it. */
export const UNKNOWN_SENTENCE = 'The outcome of this tool call is unknown.';

interface Answer {
  readonly content: string;
  readonly isError: boolean;
  readonly label: Label;
}

export function toRoundMessages({ message, calls }: RoundProgress): Message[] {
  const answers = message.toolCalls.map((written, index) =>
    toToolMessage(written, calls.get(index)),
  );
  return [message, ...answers];
}

function toToolMessage(written: WrittenToolCall, call: CallProgress | undefined): ToolMessage {
  return {
    role: 'tool',
    modelCallId: written.id,
    toolName: written.name,
    ...toAnswer(call),
  };
}

function toAnswer(call: CallProgress | undefined): Answer {
  const end = call?.end;
  if (end?.kind === 'result') {
    return { content: end.result.content, isError: false, label: end.result.label };
  }
  const denial = end?.denial ?? call?.denied;
  if (denial === undefined) {
    return sayError(call?.started === undefined ? NOT_RUN_SENTENCE : UNKNOWN_SENTENCE);
  }
  return sayError(denial.reason === 'unknown' ? UNKNOWN_SENTENCE : DENIAL_SENTENCE);
}

/** The gateway's own words, which nobody else has written. */
function sayError(content: string): Answer {
  return { content, isError: true, label: PRINCIPAL_LABEL };
}
