/**
 * Result check 3, content: instructions to the model, and secrets.
 *
 * The workspace's policy says what happens to each kind: `block` denies the result, `redact` takes
 * the find out and says so in its place, `flag` only names it. Names alone go on the record.
 *
 * @module
 */

import { type Denial, deny } from '../errors/denial.ts';
import type { Policy } from '../policy/policy.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { findInjections } from './content/find-injections.ts';
import { type Finding, findSecrets } from './content/find-secrets.ts';
import { redact } from './content/redact.ts';
import { cutText, type SizedOutput } from './result-size.ts';

/** Longest output that is looked at, in UTF-16 code units. A longer one is not passed on. */
export const MAX_INSPECTED_CHARS = 4_194_304;

/** How far beyond the cut is read, so that a key across the cut is seen; in code units. */
const LOOKAHEAD = 2_048;

export interface InspectedContent {
  /** At most `maxChars` code units, cut and redacted. */
  readonly content: string;
  readonly truncated: boolean;
  /** `secret:<format>` and `injection:<phrase>`, each once, in the order of the alphabet. */
  readonly findings: readonly string[];
}

export function checkContent(
  output: SizedOutput,
  { limits, scan }: Pick<Policy, 'limits' | 'scan'>,
): Result<InspectedContent, Denial> {
  const { text, keptUnits } = output;
  if (!isInspectable(text)) return err(deny('content', 'uninspectable'));

  const read = text.slice(0, keptUnits + LOOKAHEAD);
  const injections = locate('injection', findInjections(read), keptUnits);
  const secrets = locate('secret', findSecrets(read), keptUnits);
  if (scan.injection === 'block' && injections.length > 0) {
    return err(deny('content', 'injection_detected'));
  }
  if (scan.secrets === 'block' && secrets.length > 0) {
    return err(deny('content', 'secret_detected'));
  }

  const removed = [
    ...(scan.secrets === 'redact' ? secrets : []),
    ...(scan.injection === 'redact' ? injections : []),
  ];
  const content = redact(text.slice(0, keptUnits), removed);
  const truncated = keptUnits < text.length || content.length > limits.maxResultChars;
  const names = new Set([...injections, ...secrets].map(({ name }) => name));
  return ok({
    content: truncated ? cutText(content, limits.maxResultChars) : content,
    truncated,
    findings: [...names].sort(),
  });
}

/** Halves of characters and NUL are read differently by whoever reads them. */
function isInspectable(text: string): boolean {
  return text.length <= MAX_INSPECTED_CHARS && text.isWellFormed() && !text.includes('\0');
}

/** What is found in the part that is kept, under its full name. */
function locate(kind: string, findings: readonly Finding[], end: number): readonly Finding[] {
  return findings
    .filter((finding) => finding.start < end)
    .map((finding) => ({
      name: `${kind}:${finding.name}`,
      start: finding.start,
      end: Math.min(finding.end, end),
    }));
}
