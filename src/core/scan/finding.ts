/**
 * What a scanner found, by name and place only: what it says stays in the text.
 *
 * @module
 */

import type { Span } from './text-copy.ts';

/**
 * `injection`: words that speak to the model; `secret`: a credential; `known`: a value of the
 * workspace's own vault; `personal`: data about a person.
 */
export type FindingKind = 'injection' | 'secret' | 'known' | 'personal';

/** Weakest first. */
export const CONFIDENCES = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** `start` and `end` are places in the text that was scanned, in UTF-16 code units. */
export interface Finding extends Span {
  readonly kind: FindingKind;
  /** Kebab-case; what findings and records call it. */
  readonly name: string;
  readonly confidence: Confidence;
}

export function isAtLeast(confidence: Confidence, least: Confidence): boolean {
  return CONFIDENCES.indexOf(confidence) >= CONFIDENCES.indexOf(least);
}

/** `kind:name`, as findings are called in results and on the record. */
export function toFindingName({ kind, name }: Pick<Finding, 'kind' | 'name'>): string {
  return `${kind}:${name}`;
}
