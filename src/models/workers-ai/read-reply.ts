/**
 * The two wire formats in which Workers AI streams a reply, as server-sent events: its own
 * (`{"response": "…", "tool_calls": […]}`) and OpenAI's (`{"choices": [{"delta": …}]}`).
 *
 * @module
 */

import type { ModelChunk } from '../../agent/ports.ts';
import type { Cut } from '../../core/conversation/turn-event.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { cutOff } from '../provider-fault.ts';
import { readEvents } from './read-events.ts';

export type ReplyChunk =
  | Exclude<ModelChunk, { kind: 'end' }>
  | {
      readonly kind: 'usage';
      readonly input: number;
      readonly output: number;
      /** Of the input. */
      readonly cached: number;
    }
  | { readonly kind: 'cut'; readonly by: Cut };

/** Calls arrive in pieces, so they come last, in the order in which they were begun. */
export async function* readReply(body: ReadableStream<Uint8Array>): AsyncGenerator<ReplyChunk> {
  const calls = new Map<number, CallDraft>();
  let isWhole = false;
  for await (const data of readEvents(body)) {
    if (data === '[DONE]') {
      isWhole = true;
      break;
    }
    const event = parse(data);
    const text = textOf(event);
    if (text !== '') yield { kind: 'text', text };
    for (const piece of callPiecesOf(event)) addPiece(calls, piece);
    if (finishReasonOf(event) !== undefined) isWhole = true;
    yield* endOf(event);
  }
  if (!isWhole) {
    throw cutOff('workers-ai');
  }
  yield* toCalls(calls);
}

/** The same of a reply that comes in one piece. One that is to be fetched later is none. */
export function* readWhole(answer: JsonObject): Generator<ReplyChunk> {
  if (answer.response === undefined && !Array.isArray(answer.choices)) throw cutOff('workers-ai');
  const calls = new Map<number, CallDraft>();
  const text = textOf(answer);
  if (text !== '') yield { kind: 'text', text };
  for (const piece of callPiecesOf(answer)) addPiece(calls, piece);
  yield* endOf(answer);
  yield* toCalls(calls);
}

const CUTS: Readonly<Partial<Record<string, Cut>>> = { length: 'length', content_filter: 'filter' };

function* endOf(event: JsonObject): Generator<ReplyChunk> {
  const by = CUTS[finishReasonOf(event) ?? ''];
  if (by !== undefined) yield { kind: 'cut', by };
  const usage = usageOf(event);
  if (usage !== undefined) yield usage;
}

function* toCalls(calls: ReadonlyMap<number, CallDraft>): Generator<ReplyChunk> {
  for (const [index, { id, name, argumentsText }] of calls) {
    yield { kind: 'tool-call', call: { id: id || `call_${index}`, name, argumentsText } };
  }
}

interface CallDraft {
  id: string;
  name: string;
  argumentsText: string;
}

function parse(data: string): JsonObject {
  try {
    const value: JsonValue = JSON.parse(data);
    return isJsonObject(value) ? value : {};
  } catch {
    return {}; // one broken event does not spoil the rest
  }
}

function firstChoice(event: JsonObject): JsonObject {
  const choice = Array.isArray(event.choices) ? event.choices[0] : undefined;
  return isJsonObject(choice) ? choice : {};
}

function deltaOf(event: JsonObject): JsonObject {
  const { delta, message } = firstChoice(event);
  const said = delta ?? message;
  return isJsonObject(said) ? said : {};
}

function textOf(event: JsonObject): string {
  const { response } = event;
  if (typeof response === 'string') return response;
  if (typeof response === 'number') return String(response);
  // A reply that was to be JSON comes as what it stands for.
  if (isJsonObject(response)) return JSON.stringify(response);
  const { content } = deltaOf(event);
  return typeof content === 'string' ? content : '';
}

function finishReasonOf(event: JsonObject): string | undefined {
  const reason = event.finish_reason ?? firstChoice(event).finish_reason;
  return typeof reason === 'string' ? reason : undefined;
}

function callPiecesOf(event: JsonObject): readonly JsonObject[] {
  const pieces = event.tool_calls ?? deltaOf(event).tool_calls;
  return Array.isArray(pieces) ? pieces.filter((piece) => isJsonObject(piece)) : [];
}

function addPiece(calls: Map<number, CallDraft>, piece: JsonObject): void {
  const body = isJsonObject(piece.function) ? piece.function : piece;
  const name = typeof body.name === 'string' ? body.name : '';
  const text = toArgumentsText(body.arguments);
  const id = typeof piece.id === 'string' ? piece.id : '';
  if (name === '' && text === '' && id === '') return; // closes a call, and says nothing more

  // Its own format sends whole calls without an index; a piece without a name goes on with the last.
  const next = name === '' ? Math.max(calls.size - 1, 0) : calls.size;
  const index = typeof piece.index === 'number' ? piece.index : next;
  const draft = calls.get(index) ?? { id: '', name: '', argumentsText: '' };
  draft.id ||= id;
  draft.name ||= name;
  draft.argumentsText += text;
  calls.set(index, draft);
}

function toArgumentsText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function usageOf(event: JsonObject): ReplyChunk | undefined {
  if (!isJsonObject(event.usage)) return undefined;
  const {
    prompt_tokens: input,
    completion_tokens: output,
    prompt_tokens_details: more,
  } = event.usage;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  const cached = isJsonObject(more) ? more.cached_tokens : 0;
  return { kind: 'usage', input, output, cached: typeof cached === 'number' ? cached : 0 };
}
