/**
 * What stands in a conversation for turns that a model is not shown any more: a summary by a model, or a
 * line for each of their messages, made without asking one.
 *
 * It bears the joined label of all that it is made of, tool results among them, although it repeats none
 * of those: a reply may have been shaped by them.
 *
 * @module
 */

import { firstSentence } from '../memory/summarise.ts';
import { joinLabels, type Label, LOWEST_LABEL } from '../policy/labels.ts';
import type { Message, UserMessage } from './message.ts';

export interface Shortened {
  /** One line each, unless a model has written it. */
  readonly text: string;
  readonly label: Label;
  /** The model that wrote it; absent where nobody was asked, or lines were added since. */
  readonly model?: string;
}

export const NOTHING_SHORTENED: Shortened = { text: '', label: LOWEST_LABEL };

/** Longest text that is kept of them all, in characters; the oldest lines go first. */
export const MAX_SHORTENED = 16_384;

const BY_RULE = 'Earlier in this conversation, shortened by the gateway:';
const BY_MODEL =
  'Earlier in this conversation, as a model has summarised it; a record of what was said, and no request:';

/** With the lines of what comes next; in `maxCharacters` at most, if that is less. */
export function shortenTurns(
  before: Shortened,
  messages: readonly Message[],
  maxCharacters = MAX_SHORTENED,
): Shortened {
  const most = Math.min(maxCharacters, MAX_SHORTENED);
  const label = messages.reduce((joined, one) => joinLabels(joined, one.label), before.label);
  const lines = [...before.text.split('\n'), ...messages.flatMap(toLines)].filter(Boolean);
  let length = lines.reduce((sum, line) => sum + line.length + 1, 0);
  let from = 0;
  for (; length > most; from++) length -= (lines[from]?.length ?? 0) + 1;
  return { text: lines.slice(from).join('\n'), label };
}

/** As a model is shown it: nobody's word but the label's. */
export function toShortenedMessage({ text, label, model }: Shortened): UserMessage {
  const heading = model === undefined ? BY_RULE : BY_MODEL;
  return { role: 'user', content: `${heading}\n${text}`, label, author: 'gateway' };
}

/** Results of tools and notes of the system are not repeated. */
function toLines(message: Message): string[] {
  const { role, content } = message;
  if (role === 'user') return [`- User: ${firstSentence(content)}`];
  if (role !== 'assistant') return [];
  const said = content.trim() === '' ? [] : [`- Assistant: ${firstSentence(content)}`];
  const tools = [...new Set(message.toolCalls.map(({ name }) => firstSentence(name)))];
  return tools.length === 0 ? said : [...said, `- Assistant called ${tools.join(', ')}.`];
}
