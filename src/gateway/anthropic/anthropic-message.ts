/**
 * A turn's answer in the shape of Anthropic's messages, whole and as the events of a stream.
 *
 * @module
 */

import type { Cut, TurnEvent } from '../../core/conversation/turn-event.ts';
import { NO_USAGE, type Usage } from '../../core/conversation/usage.ts';
import { ERROR_CODES, type ErrorCode } from '../../core/errors/codes.ts';
import { toAnthropicType } from '../client-errors.ts';
import type { WriteEvent } from '../event-stream.ts';
import { cutOf, type HandedCall, type TurnReading } from '../turn-reading.ts';
import type { AnthropicMessage } from './message-shape.ts';

export interface MessageFrame {
  readonly turnId: string;
  readonly model: string;
}

/** A frame of a stream, whose first event has to say how long the request is. */
export interface StreamFrame extends MessageFrame {
  /** Estimated; the last event says what was counted. */
  readonly inputTokens: number;
}

export function toAnthropicMessage(frame: MessageFrame, reading: TurnReading): AnthropicMessage {
  const { texts, handedOver, cut, usage } = reading;
  return {
    ...toEmptyMessage(frame, usage),
    content: [
      ...texts.map((text) => ({ type: 'text' as const, text })),
      ...handedOver.map((call) => toToolUse(call, JSON.parse(call.argumentsText))),
    ],
    stop_reason: toStopReason(cut, handedOver.length),
  };
}

/** How each event of the turn becomes events of the stream, one after the other. */
export function writeMessageEvents({ inputTokens, ...frame }: StreamFrame): WriteEvent {
  const begun = toEmptyMessage(frame, { ...NO_USAGE, inputTokens });
  const blocks = new BlockWriter();
  let calls = 0;
  return ({ body }: TurnEvent): string => {
    switch (body.kind) {
      case 'turn-started':
        return toEvent('message_start', { message: begun }) + toEvent('ping');
      case 'text-delta':
        return blocks.text(body.round, body.text);
      case 'round-restarted':
        return blocks.close();
      case 'tool-call-handed-over':
        calls += 1;
        return blocks.toolUse(body);
      case 'turn-finished': {
        const stop_reason = toStopReason(cutOf(body), calls);
        const delta = { stop_reason, stop_sequence: null, stop_details: null, container: null };
        return (
          blocks.close() +
          toEvent('message_delta', { delta, usage: toAnthropicUsage(body.usage) }) +
          toEvent('message_stop')
        );
      }
      case 'turn-failed':
        return toEvent('error', { error: toStreamError(body.code) });
      default:
        return '';
    }
  };
}

/** Blocks follow each other; each is begun, written and closed. */
class BlockWriter {
  #next = 0;
  #openRound: number | undefined;

  text(round: number, text: string): string {
    const opening = this.#openRound === round ? '' : this.close() + this.#openText(round);
    return opening + this.#delta({ type: 'text_delta', text });
  }

  toolUse(call: HandedCall): string {
    const before = this.close();
    const start = this.#start(toToolUse(call, {}));
    const delta = this.#delta({ type: 'input_json_delta', partial_json: call.argumentsText });
    return before + start + delta + this.#stop();
  }

  close(): string {
    return this.#openRound === undefined ? '' : this.#stop();
  }

  #openText(round: number): string {
    this.#openRound = round;
    return this.#start({ type: 'text', text: '' });
  }

  #start(content_block: object): string {
    return toEvent('content_block_start', { index: this.#next, content_block });
  }

  #delta(delta: object): string {
    return toEvent('content_block_delta', { index: this.#next, delta });
  }

  #stop(): string {
    this.#openRound = undefined;
    return toEvent('content_block_stop', { index: this.#next++ });
  }
}

function toEmptyMessage({ turnId, model }: MessageFrame, usage: Usage): AnthropicMessage {
  return {
    id: `msg_${turnId}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    usage: toAnthropicUsage(usage),
  };
}

type ToolUse = Extract<AnthropicMessage['content'][number], { type: 'tool_use' }>;

/** Arguments were checked to be a JSON object before the call was handed over. */
function toToolUse({ callId, tool }: HandedCall, input: ToolUse['input']): ToolUse {
  return { type: 'tool_use', id: callId, name: tool, input, caller: { type: 'direct' } };
}

const STOP_REASONS = { length: 'max_tokens', filter: 'refusal' } as const;

function toStopReason(cut: Cut | undefined, calls: number): AnthropicMessage['stop_reason'] {
  if (calls > 0) return 'tool_use';
  return cut ? STOP_REASONS[cut] : 'end_turn';
}

function toAnthropicUsage({ inputTokens, outputTokens, cachedInputTokens = 0 }: Usage) {
  return {
    input_tokens: inputTokens - cachedInputTokens,
    output_tokens: outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedInputTokens,
    server_tool_use: null,
  };
}

function toStreamError(code: ErrorCode | 'cancelled'): object {
  if (code === 'cancelled') return { type: 'api_error', message: 'The turn was cancelled' };
  return { type: toAnthropicType(code), message: ERROR_CODES[code].title };
}

function toEvent(type: string, data: object = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
