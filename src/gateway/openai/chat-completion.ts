/**
 * A turn's answer in the shape of OpenAI's chat completions, whole and in chunks.
 *
 * @module
 */

import type { Cut, TurnEvent } from '../../core/conversation/turn-event.ts';
import type { Usage } from '../../core/conversation/usage.ts';
import { ERROR_CODES, type ErrorCode } from '../../core/errors/codes.ts';
import { toOpenAiCode, toOpenAiType } from '../client-errors.ts';
import type { WriteEvent } from '../event-stream.ts';
import { cutOf, type HandedCall, type TurnReading } from '../turn-reading.ts';
import type { ChatCompletion } from './chat-completion-shape.ts';

/** What every piece of one completion says of it. */
export interface Completion {
  readonly turnId: string;
  readonly model: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Between what the model says in one round and in the next. */
const ROUND_BREAK = '\n\n';

export function toChatCompletion(completion: Completion, reading: TurnReading): ChatCompletion {
  const { texts, handedOver, usage } = reading;
  const content = texts.join(ROUND_BREAK);
  const calls = handedOver.map(toToolCall);
  return {
    ...toFrame(completion),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content === '' && calls.length > 0 ? null : content,
          refusal: null,
          ...(calls.length > 0 && { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: toFinishReason(reading.cut, calls.length),
      },
    ],
    usage: toOpenAiUsage(usage),
  };
}

/** How each event of the turn becomes chunks, one event after the other. */
export function writeChunks(completion: Completion, includeUsage: boolean): WriteEvent {
  const frame = { ...toFrame(completion), object: 'chat.completion.chunk' };
  let lastRound: number | undefined;
  let calls = 0;
  const choice = (delta: object, finish: string | null = null) =>
    toData({
      ...frame,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(includeUsage && { usage: null }),
    });
  return ({ body }: TurnEvent): string => {
    switch (body.kind) {
      case 'turn-started':
        return choice({ role: 'assistant', content: '', refusal: null });
      case 'text-delta': {
        const isNewRound = lastRound !== undefined && lastRound !== body.round;
        lastRound = body.round;
        return choice({ content: (isNewRound ? ROUND_BREAK : '') + body.text });
      }
      case 'tool-call-handed-over':
        return choice({ tool_calls: [{ index: calls++, ...toToolCall(body) }] });
      case 'turn-finished':
        return (
          choice({}, toFinishReason(cutOf(body), calls)) +
          (includeUsage ? toData({ ...frame, choices: [], usage: toOpenAiUsage(body.usage) }) : '')
        );
      case 'turn-failed':
        return toData({ error: toStreamError(body.code) });
      default:
        return '';
    }
  };
}

type Choice = ChatCompletion['choices'][number];
type ToolCall = NonNullable<Choice['message']['tool_calls']>[number];

function toToolCall({ callId, tool, argumentsText }: HandedCall): ToolCall {
  return { id: callId, type: 'function', function: { name: tool, arguments: argumentsText } };
}

const FINISH_REASONS = { length: 'length', filter: 'content_filter' } as const;

function toFinishReason(cut: Cut | undefined, calls: number): Choice['finish_reason'] {
  if (calls > 0) return 'tool_calls';
  return cut ? FINISH_REASONS[cut] : 'stop';
}

function toStreamError(code: ErrorCode | 'cancelled'): object {
  if (code === 'cancelled') {
    return { message: 'The turn was cancelled', type: 'api_error', param: null, code };
  }
  const { title: message } = ERROR_CODES[code];
  return { message, type: toOpenAiType(code), param: null, code: toOpenAiCode(code) };
}

function toOpenAiUsage(usage: Usage): ChatCompletion['usage'] {
  const { inputTokens, outputTokens, cachedInputTokens = 0 } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedInputTokens > 0 && {
      prompt_tokens_details: { cached_tokens: cachedInputTokens },
    }),
  };
}

function toFrame({ turnId, model, createdAt }: Completion) {
  return { id: `chatcmpl-${turnId}`, created: Math.floor(createdAt / 1_000), model };
}

function toData(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
