/**
 * Tokens, estimated from characters: no vendor's tokenizer is bundled.
 *
 * {@link reserveTokens} errs upwards, for reserving; {@link estimateTokens} is the middle of the
 * road, for settling where a provider gave no figures of its own, or such as {@link countedOr} refuses.
 *
 * @module
 */

import type { ModelRequest } from '../agent/ports.ts';
import { estimateTokens } from '../core/conversation/estimate-tokens.ts';
import type { Message } from '../core/conversation/message.ts';
import { textsOfMessage, textsOfTools } from '../core/conversation/request-texts.ts';
import type { ModelFacts } from './model-facts.ts';

/** A token is at least this many bytes of UTF-8 in ordinary text of any script. */
const LEAST_BYTES_A_TOKEN = 3;

/** What vendors add around each message and each tool. */
const TOKENS_A_MESSAGE = 8;
const TOKENS_A_TOOL = 16;

/** More than any model reads or writes for one request. */
const MAX_COUNTED_TOKENS = 100_000_000;

/**
 * A provider's own figure, or the estimate where that is none. It is charged to budgets, so what gives
 * back or cannot be summed is none; nor is nothing at all, which servers say that do not count.
 */
export function countedOr(estimated: number, stated: unknown): number {
  return isCounted(stated) ? stated : estimated;
}

/** How many of so many tokens a provider says that it treated in some way. */
export function countedOf(tokens: number, stated: unknown): number {
  return Math.min(tokens, countedOr(0, stated));
}

function isCounted(stated: unknown): stated is number {
  return Number.isInteger(stated) && Number(stated) > 0 && Number(stated) <= MAX_COUNTED_TOKENS;
}

/** All characters that a message holds, calls included. */
export function countCharacters(messages: readonly Message[]): number {
  return sum(messages, (message) => sizeOf(message).characters);
}

type Asked = Pick<ModelRequest, 'messages' | 'tools'>;

/**
 * Tokens of a whole request, with the tools that the model is shown, which are most of a short
 * conversation. One that knows no tools is shown none.
 */
export function estimateRequest(
  { messages, tools }: Asked,
  facts: Pick<ModelFacts, 'tools'>,
): number {
  const shown = facts.tools ? sizeOfTools(tools).characters : 0;
  return estimateTokens(countCharacters(messages) + shown);
}

/** Upper estimate of the tokens of a whole request, tools included. */
export function reserveTokens({ messages, tools }: Asked): number {
  return sum(messages, (message) => sizeOf(message).tokens) + sizeOfTools(tools).tokens;
}

interface Size {
  readonly characters: number;
  readonly tokens: number;
}

/** A message is asked about in each later round and turn; it never changes. */
const MESSAGE_SIZES = new WeakMap<Message, Size>();

function sizeOf(message: Message): Size {
  const known = MESSAGE_SIZES.get(message);
  if (known !== undefined) return known;
  const texts = textsOfMessage(message);
  const size = {
    characters: sum(texts, ({ length }) => length),
    tokens: TOKENS_A_MESSAGE + sum(texts, reserveText),
  };
  MESSAGE_SIZES.set(message, size);
  return size;
}

/** So is a list of tools. */
const TOOL_SIZES = new WeakMap<ModelRequest['tools'], Size>();

function sizeOfTools(tools: ModelRequest['tools']): Size {
  const known = TOOL_SIZES.get(tools);
  if (known !== undefined) return known;
  const texts = textsOfTools(tools);
  const size = {
    characters: sum(texts, ({ length }) => length),
    tokens: TOKENS_A_TOOL * tools.length + sum(texts, reserveText),
  };
  TOOL_SIZES.set(tools, size);
  return size;
}

/** Upper estimate of the tokens of a text. */
export function reserveText(text: string): number {
  // Three bytes a code unit is the most that UTF-8 needs; ASCII, the usual case, needs one.
  const bytes = isAscii(text) ? text.length : text.length * 3;
  return Math.ceil(bytes / LEAST_BYTES_A_TOKEN);
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  return !/[^\x00-\x7f]/.test(text);
}

/** Of the sizes of all. */
export function sum<T>(items: readonly T[], size: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += size(item);
  return total;
}
