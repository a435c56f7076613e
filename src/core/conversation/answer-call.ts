/**
 * The tool message that answers one call: what the model is told of it, in this turn and in every
 * later one.
 *
 * Vendors refuse a history in which a call has no answer, so a call that was not run, or whose
 * outcome nobody knows, gets a sentence of the gateway in place of a result.
 *
 * @module
 */

import { DENIAL_SENTENCE } from '../errors/denial.ts';
import { PRINCIPAL_LABEL } from '../policy/labels.ts';
import type { JournaledCall } from './journal-entry.ts';
import type { ToolMessage } from './message.ts';
import type { WrittenToolCall } from './tool-call.ts';

/** For a call that the turn's end overtook. */
export const NOT_RUN_SENTENCE = 'This tool call was not run.';

/** For a call that was started, and of which nobody can tell what became of it. */
export const UNKNOWN_SENTENCE = 'The outcome of this tool call is unknown.';

/** `call` as it stands in the journal; nothing if the journal does not know it. */
export function answerCall(written: WrittenToolCall, call: JournaledCall | undefined): ToolMessage {
  const to = { role: 'tool', modelCallId: written.id, toolName: written.name } as const;
  if (call?.kind === 'finished' && call.end.kind === 'result') {
    const { content, label, fields } = call.end.result;
    return { ...to, content, isError: false, label, ...(fields !== undefined && { fields }) };
  }
  // The gateway's own words, which nobody else has written.
  return { ...to, content: sentenceFor(call), isError: true, label: PRINCIPAL_LABEL };
}

function sentenceFor(call: JournaledCall | undefined): string {
  if (call === undefined || call.kind === 'asked' || call.kind === 'handed-over') {
    return NOT_RUN_SENTENCE;
  }
  if (call.kind === 'started') return UNKNOWN_SENTENCE;
  const denial = call.kind === 'denied' ? call.denial : deniedEnd(call);
  return denial?.check === 'dispatch' && denial.reason === 'unknown'
    ? UNKNOWN_SENTENCE
    : DENIAL_SENTENCE;
}

function deniedEnd({ end }: Extract<JournaledCall, { kind: 'finished' }>) {
  return end.kind === 'denied' ? end.denial : undefined;
}
