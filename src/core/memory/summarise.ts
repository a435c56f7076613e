/**
 * Makes a summary of notes without asking a model: the first sentence of each, as far as they fit.
 *
 * @module
 */

import { joinLabels, type Label, LOWEST_LABEL } from '../policy/labels.ts';
import { MEMORY_LIMITS, type Memory } from './memory.ts';

/** Notes that become one summary. */
export const NOTES_OF_SUMMARY = 32;

const MAX_SENTENCE = 160;

export interface Summary {
  readonly text: string;
  /** The join over all that it is made of. */
  readonly label: Label;
}

/** From the oldest note to the newest. */
export function summarise(notes: readonly Pick<Memory, 'text' | 'label'>[]): Summary {
  const label = notes.reduce((joined, note) => joinLabels(joined, note.label), LOWEST_LABEL);
  let text = '';
  for (const note of notes) {
    const line = `- ${firstSentence(note.text)}\n`;
    if (text.length + line.length > MEMORY_LIMITS.text) break;
    text += line;
  }
  return { text: text.trimEnd(), label };
}

export function firstSentence(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  const sentence = /^.*?[.!?](?=\s|$)/.exec(flat)?.[0] ?? flat;
  if (sentence.length <= MAX_SENTENCE) return sentence;
  return `${sentence.slice(0, MAX_SENTENCE - 1).toWellFormed()}…`;
}
