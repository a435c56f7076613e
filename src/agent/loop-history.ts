/**
 * Remembers, by hash, what the model was shown for its calls: by this the limits check sees that a
 * turn goes round in circles.
 *
 * @module
 */

import { answerCall } from '../core/conversation/answer-call.ts';
import type { JournaledCall } from '../core/conversation/journal-entry.ts';
import type { WrittenToolCall } from '../core/conversation/tool-call.ts';
import { canonicalJson } from '../core/primitives/canonical-json.ts';
import { toUtf8 } from '../core/primitives/utf8.ts';
import { withoutNames } from '../core/provenance/handle.ts';
import type { TurnState } from './turn-state.ts';

/** An approved call has ended; `place` is where it stands in the history. */
export function noteResult(
  state: TurnState,
  place: number,
  ended: {
    readonly written: WrittenToolCall | undefined;
    readonly call: JournaledCall | undefined;
  },
): void {
  const { written, call } = ended;
  const trace = state.history[place];
  if (trace === undefined || written === undefined) return;
  state.history[place] = { ...trace, resultHash: hashShown(state, written, call) };
}

/** A call of an earlier run that was started: on the history, and paid for from the slice. */
export function recallCall(
  state: TurnState,
  written: WrittenToolCall,
  call: Extract<JournaledCall, { kind: 'finished' }>,
): void {
  const { slice } = state;
  const own = slice.perTool[written.name];
  const perTool = own === undefined ? slice.perTool : { ...slice.perTool, [written.name]: own - 1 };
  state.slice = { ...slice, toolCalls: slice.toolCalls - 1, perTool };
  state.history.push({
    tool: written.name,
    argumentHash: call.argumentHash ?? hashWritten(state, written),
    resultHash: hashShown(state, written, call),
  });
}

/** The hash of the arguments as they were written: the same as in the ticket unless they were not canonical. */
function hashWritten({ ports }: TurnState, { argumentsText }: WrittenToolCall): string {
  try {
    return ports.sha256(toUtf8(canonicalJson(JSON.parse(argumentsText))));
  } catch {
    return ''; // like no other, but it counts
  }
}

function hashShown(
  { ports }: TurnState,
  written: WrittenToolCall,
  call: JournaledCall | undefined,
): string {
  const { content } = answerCall(written, call);
  const { handles } =
    call?.kind === 'finished' && call.end.kind === 'result' ? call.end.result : {};
  // The same answer has other handles each time.
  const hidden = handles && canonicalJson(Object.values(handles));
  const shown = hidden === undefined ? content : withoutNames(content) + hidden;
  return ports.sha256(toUtf8(shown.toWellFormed()));
}
