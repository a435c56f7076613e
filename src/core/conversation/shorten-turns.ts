/**
 * What stands in a conversation for turns that a model is not shown any more: a line for each of their
 * messages, made without asking a model.
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
  /** One line each. */
  readonly text: string;
  readonly label: Label;
}

export const NOTHING_SHORTENED: Shortened = { text: '', label: LOWEST_LABEL };

/** Longest text that is kept of them all, in characters; the oldest lines go first. */
export const MAX_SHORTENED = 16_384;

const HEADING = 'Earlier in this conversation, shortened by the gateway:';

/** With the lines of what comes next. */
export function shortenTurns(before: Shortened, messages: readonly Message[]): Shortened {
  const label = messages.reduce((joined, one) => joinLabels(joined, one.label), before.label);
  const lines = [...before.text.split('\n'), ...messages.flatMap(toLines)].filter(Boolean);
  let length = lines.reduce((sum, line) => sum + line.length + 1, 0);
  let from = 0;
  for (; length > MAX_SHORTENED; from++) length -= (lines[from]?.length ?? 0) + 1;
  return { text: lines.slice(from).join('\n'), label };
}

/** As a model is shown it: nobody's word but the label's. */
export function toShortenedMessage({ text, label }: Shortened): UserMessage {
  return { role: 'user', content: `${HEADING}\n${text}`, label };
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
