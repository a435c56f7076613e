/**
 * A turn in the shape of OpenAI's responses: the events of a stream, and the object that they build up,
 * which is also the answer without a stream and the one that is read later.
 *
 * @module
 */

import type { Cut, TurnEvent, TurnEventBody } from '../../core/conversation/turn-event.ts';
import type { Usage } from '../../core/conversation/usage.ts';
import { ERROR_CODES } from '../../core/errors/codes.ts';
import type { WriteEvent } from '../event-stream.ts';
import { cutOf, type HandedCall } from '../turn-reading.ts';
import type { OutputItem, ResponseEcho, ResponseObject } from './response-shape.ts';

/** What a response says of its request. */
export interface ResponseFrame {
  readonly id: string;
  /** In its own members' names; what is not there has OpenAI's default. */
  readonly echo: Partial<ResponseEcho>;
}

type Status = ResponseObject['status'];

interface Standing {
  readonly status: Status;
  readonly usage: Usage | undefined;
  readonly error: ResponseObject['error'];
  readonly cut?: Cut | undefined;
}

/** One event of the stream. */
interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
}

interface OpenText {
  readonly round: number;
  text: string;
}

type Ended = Extract<TurnEventBody, { kind: 'turn-finished' | 'turn-failed' }>;

export class ResponseWriter {
  readonly #frame: ResponseFrame;
  readonly #output: OutputItem[] = [];
  #next = 0;
  #createdAt = 0;
  #model = '';
  #standing: Standing = { status: 'in_progress', usage: undefined, error: null };
  #open: OpenText | undefined;

  constructor(frame: ResponseFrame) {
    this.#frame = frame;
  }

  /** The events of the stream that one event of the turn becomes. */
  take({ at, body }: TurnEvent): readonly ResponseEvent[] {
    switch (body.kind) {
      case 'turn-started':
        this.#createdAt = at;
        this.#model = body.model;
        return ['response.created', 'response.in_progress'].map((type) => this.#whole(type));
      case 'text-delta':
        return this.#text(body.round, body.text);
      case 'round-restarted':
        return this.#closeText('incomplete');
      case 'tool-call-handed-over':
        return [...this.#closeText('completed'), ...this.#call(body)];
      case 'turn-finished':
      case 'turn-failed':
        return this.#end(body);
      default:
        return [];
    }
  }

  /** What is complete of it. */
  get output(): readonly OutputItem[] {
    return this.#output;
  }

  /** As far as the turn has come. */
  response(): ResponseObject {
    const { status, usage, error, cut } = this.#standing;
    return {
      ...DEFAULTS,
      model: this.#model,
      ...this.#frame.echo,
      id: this.#frame.id,
      object: 'response',
      created_at: Math.floor(this.#createdAt / 1_000),
      status,
      error,
      incomplete_details: cut ? { reason: INCOMPLETE[cut] } : null,
      output: [...this.#output],
      usage: usage === undefined ? null : toResponseUsage(usage),
    };
  }

  #text(round: number, delta: string): readonly ResponseEvent[] {
    const before = this.#open?.round === round ? [] : this.#closeText('completed');
    const opening = this.#open === undefined ? this.#openText(round) : [];
    if (this.#open !== undefined) this.#open.text += delta;
    const event = this.#event('response.output_text.delta', {
      ...this.#textPlace(round),
      delta,
      logprobs: [],
    });
    return [...before, ...opening, event];
  }

  #openText(round: number): readonly ResponseEvent[] {
    this.#open = { round, text: '' };
    const item = this.#message(this.#open, 'in_progress');
    return [
      this.#event('response.output_item.added', { output_index: this.#output.length, item }),
      this.#event('response.content_part.added', { ...this.#textPlace(round), part: toPart('') }),
    ];
  }

  #closeText(status: 'completed' | 'incomplete'): readonly ResponseEvent[] {
    const open = this.#open;
    if (open === undefined) return [];
    const place = this.#textPlace(open.round);
    const item = this.#message(open, status);
    const events = [
      this.#event('response.output_text.done', { ...place, text: open.text, logprobs: [] }),
      this.#event('response.content_part.done', { ...place, part: toPart(open.text) }),
      this.#event('response.output_item.done', { output_index: this.#output.length, item }),
    ];
    this.#output.push(item);
    this.#open = undefined;
    return events;
  }

  #call(call: HandedCall): readonly ResponseEvent[] {
    const output_index = this.#output.length;
    const item = this.#functionCall(call, 'completed');
    const place = { item_id: item.id, output_index };
    const { argumentsText, tool } = call;
    const begun = this.#functionCall({ ...call, argumentsText: '' }, 'in_progress');
    const type = 'response.function_call_arguments';
    const events = [
      this.#event('response.output_item.added', { output_index, item: begun }),
      this.#event(`${type}.delta`, { ...place, delta: argumentsText }),
      this.#event(`${type}.done`, { ...place, name: tool, arguments: argumentsText }),
      this.#event('response.output_item.done', { output_index, item }),
    ];
    this.#output.push(item);
    return events;
  }

  #end(body: Ended): readonly ResponseEvent[] {
    const status = toEndStatus(body);
    const events = this.#closeText(status === 'completed' ? 'completed' : 'incomplete');
    const cut = body.kind === 'turn-finished' ? cutOf(body) : undefined;
    this.#standing = { status, usage: body.usage, error: toError(body), cut };
    // A client of the stream knows no end that is called cancelled.
    return [...events, this.#whole(`response.${status === 'cancelled' ? 'failed' : status}`)];
  }

  #message({ round, text }: OpenText, status: OutputItem['status']) {
    const type = 'message' as const;
    const role = 'assistant' as const;
    const content = status === 'in_progress' ? [] : [toPart(text)];
    return { id: this.#itemId('msg', round), type, role, status, content };
  }

  #functionCall({ callId, tool, argumentsText }: HandedCall, status: OutputItem['status']) {
    const type = 'function_call' as const;
    const id = this.#itemId('fc', this.#output.length);
    return { id, type, call_id: callId, name: tool, arguments: argumentsText, status };
  }

  #textPlace(round: number): object {
    const output_index = this.#output.length;
    return { item_id: this.#itemId('msg', round), output_index, content_index: 0 };
  }

  #itemId(prefix: string, number: number): string {
    return `${prefix}_${this.#frame.id.replace(/^resp_/, '')}_${number}`;
  }

  #whole(type: string): ResponseEvent {
    return this.#event(type, { response: this.response() });
  }

  #event(type: string, data: object): ResponseEvent {
    return { type, sequence_number: this.#next++, ...data };
  }
}

const INCOMPLETE = { length: 'max_output_tokens', filter: 'content_filter' } as const;

const DEFAULTS: Omit<ResponseEcho, 'model'> = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: true,
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: null,
  truncation: 'disabled',
};

function toEndStatus(body: Ended): Status {
  if (body.kind === 'turn-finished') return body.isCut ? 'incomplete' : 'completed';
  return body.code === 'cancelled' ? 'cancelled' : 'failed';
}

function toError(body: Ended): ResponseObject['error'] {
  if (body.kind === 'turn-finished' || body.code === 'cancelled') return null;
  const isRate = ERROR_CODES[body.code].status === 429;
  const code = isRate ? 'rate_limit_exceeded' : 'server_error';
  return { code, message: ERROR_CODES[body.code].title };
}

function toPart(text: string) {
  return { type: 'output_text' as const, text, annotations: [], logprobs: [] };
}

function toResponseUsage({ inputTokens, outputTokens, cachedInputTokens }: Usage) {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens ?? 0, cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

/** How each event of the turn becomes events of the stream, behind the one that is named. */
export function writeResponseEvents(writer: ResponseWriter, startingAfter = -1): WriteEvent {
  return (event) =>
    writer
      .take(event)
      .filter(({ sequence_number: number }) => number > startingAfter)
      .map((written) => `event: ${written.type}\ndata: ${JSON.stringify(written)}\n\n`)
      .join('');
}
