/**
 * `embedded/script`: replays a conversation that the user's message itself spells out.
 *
 * For tests and demonstrations of the gate: whatever a model could propose, it proposes, malformed
 * arguments included. It has no authority of its own; its calls pass the same seven checks.
 *
 * Nobody can know handles in advance, so `{{handle 1}}` in arguments is the first handle that the
 * results of the turn show.
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
import { listHandles } from '../../core/provenance/handle.ts';
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
  if (step !== undefined) return toReply(step, { round: replies.length, latest, request });
  return { text: `The script has ended: it has no step ${replies.length + 1}.`, calls: [] };
}

interface Asked {
  readonly round: number;
  /** Place of the user's message. */
  readonly latest: number;
  readonly request: ModelRequest;
}

function toReply({ toolCalls, ...step }: ScriptStep, asked: Asked): EmbeddedReply {
  const calls = toolCalls.map(({ name, argumentsText, id }, index) => ({
    id: id ?? `call_${asked.round}_${index}`,
    name,
    argumentsText: fillHandles(argumentsText, asked),
  }));
  return { ...step, calls };
}

const PLACEHOLDER = /\{\{handle ([1-9][0-9]{0,2})\}\}/g;

/** What the results do not show stays as it is written. */
function fillHandles(text: string, { request, latest }: Asked): string {
  if (!text.includes('{{handle ')) return text;
  const results = request.messages.slice(latest + 1).filter(({ role }) => role === 'tool');
  const handles = listHandles(results.map(({ content }) => content).join('\n'));
  return text.replace(
    PLACEHOLDER,
    (placeholder, place) => handles[Number(place) - 1] ?? placeholder,
  );
}
