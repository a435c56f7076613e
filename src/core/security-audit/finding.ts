/**
 * What `doctor` and `security audit` say: one thing that ought to be otherwise, what shows it, and the
 * command that mends it.
 *
 * @module
 */

import type { JsonValue } from '../primitives/json.ts';

/**
 * - `high`: an outsider, a plugin or a tenant gains by it as things are;
 * - `medium`: one more mistake, or one leaked credential, costs more than it had to;
 * - `low`: worth knowing, and often meant so.
 */
export const FINDING_LEVELS = ['low', 'medium', 'high'] as const;
export type FindingLevel = (typeof FINDING_LEVELS)[number];

export interface Finding {
  /** Kebab-case; the same for the same problem, whatever it is found at. */
  readonly id: string;
  readonly level: FindingLevel;
  /** For people; quotes names of things, never a secret or a token. */
  readonly sentence: string;
  /** What was seen, for programs. */
  readonly evidence: Readonly<Record<string, JsonValue>>;
  /** As typed in the folder of the clone; `call` is the function of `docs/incident-response.md`. */
  readonly command: string;
}

export function isAtLeast(level: FindingLevel, least: FindingLevel): boolean {
  return FINDING_LEVELS.indexOf(level) >= FINDING_LEVELS.indexOf(least);
}

/** The worst first, then by id; otherwise in the order in which they were found. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ level }: Finding) => -FINDING_LEVELS.indexOf(level);
  return findings.toSorted((a, b) => rank(a) - rank(b) || compareTexts(a.id, b.id));
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
