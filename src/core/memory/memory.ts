/**
 * What a workspace remembers for a principal: notes and facts, each with its label and where it came
 * from.
 *
 * @module
 */

import type { Label } from '../policy/labels.ts';

/** Bounds of a memory: of texts in characters, else in number. */
export const MEMORY_LIMITS = {
  text: 2_000,
  /** Of a fact's subject and predicate. */
  name: 128,
  query: 512,
  recalled: 20,
  /** Rows of one owner, summaries among them. */
  rows: 2_000,
  /** Characters of all rows of one owner. */
  characters: 1_048_576,
  /** Rows of one workspace. */
  workspaceRows: 50_000,
} as const;

/** `summary`: made of older notes, which stay. */
export type MemoryKind = 'note' | 'fact' | 'summary';

/** What a model asks to be remembered. A fact has a subject and a predicate; its object is the text. */
export interface MemoryDraft {
  readonly text: string;
  readonly subject?: string;
  readonly predicate?: string;
}

/** By which call it was remembered. */
export interface MemorySource {
  readonly session: string;
  /** `turnId/round/index`. */
  readonly callKey: string;
  readonly tool: string;
}

export interface Memory extends MemoryDraft {
  readonly id: string;
  readonly kind: MemoryKind;
  readonly label: Label;
  /** Of a summary: that of the newest note in it. */
  readonly source: MemorySource;
  /** Epoch milliseconds. */
  readonly rememberedAt: number;
  /** Of a summary: the model that wrote it; absent where it was made by rule. */
  readonly model?: string;
  /** Of a note: the summary that it is in. */
  readonly summaryId?: string;
  /** Set for a fact once a newer one says otherwise. It stays, and is not recalled. */
  readonly supersededAt?: number;
}

/**
 * Whether a call under this label may take away, or put something in the place of, what bears the
 * other: what outsiders have shaped never does so to what they have not.
 */
export function mayReplace(by: Label, old: Label): boolean {
  return by.integrity === 'trusted' || old.integrity === 'untrusted';
}

/** Whether two subjects or predicates are one, in whatever case and Unicode form they are written. */
export function isSameName(a: string, b: string): boolean {
  const folded = (name: string) => name.normalize('NFC').toLowerCase();
  return folded(a) === folded(b);
}

/** What of it is searched, and embedded. */
export function textOfDraft({ text, subject = '', predicate = '' }: MemoryDraft): string {
  return `${subject} ${predicate} ${text}`.trim();
}

/** Characters that count against the limits. */
export function sizeOfDraft({ text, subject = '', predicate = '' }: MemoryDraft): number {
  return text.length + subject.length + predicate.length;
}
