/**
 * `embedded/script`: replays a conversation that the user's message itself spells out.
 *
 * For tests and demonstrations of the gate: whatever a model could propose, it proposes, malformed
 * arguments included. It has no authority of its own; its calls pass the same seven checks.
 *
 * @example
 * ```json
 * {"script": [
 *   {"toolCalls": [{"name": "text-stats", "arguments": {"text": "a b c"}}]},
 *   {"text": "Done."}
 * ]}
 * ```
 *
 * @module
 */

import type { ModelPort, ModelRequest } from '../../agent/ports.ts';
import { createEmbeddedModel, type EmbeddedReply } from './embedded-reply.ts';
import { parseScript, type ScriptStep } from './parse-script.ts';

export const scriptModel: ModelPort = createEmbeddedModel(reply);

/** Step n answers the nth request after the latest message of the user. */
function reply(request: ModelRequest): EmbeddedReply {
  const latest = request.messages.findLastIndex(({ role }) => role === 'user');
  const script = parseScript(request.messages[latest]?.content ?? '');
  if (!script.ok) return { text: script.error, calls: [] };

  const replies = request.messages.slice(latest + 1).filter(({ role }) => role === 'assistant');
  const step = script.value[replies.length];
  if (step !== undefined) return toReply(step, replies.length);
  return { text: `The script has ended: it has no step ${replies.length + 1}.`, calls: [] };
}

function toReply({ toolCalls, ...step }: ScriptStep, round: number): EmbeddedReply {
  const calls = toolCalls.map(({ name, argumentsText, id }, index) => ({
    id: id ?? `call_${round}_${index}`,
    name,
    argumentsText,
  }));
  return { ...step, calls };
}
