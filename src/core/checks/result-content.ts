/**
 * Result check 3, content: instructions to the model, secrets, and personal data.
 *
 * The workspace's policy says what happens to each kind: `block` denies the result, `redact` takes
 * the find out and says so in its place, `flag` only names it. Names alone go on the record.
 *
 * @module
 */

import { type Denial, deny } from '../errors/denial.ts';
import type { Policy } from '../policy/policy.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { applyPolicy, kindsOf } from '../scan/apply-policy.ts';
import type { Finding } from '../scan/finding.ts';
import type { KnownValues } from '../scan/known-values.ts';
import { redact } from '../scan/redact.ts';
import { type ScanReport, scanText } from '../scan/scan-text.ts';
import { cutText, type SizedOutput } from './result-size.ts';

/** Longest output that is looked at, in UTF-16 code units. A longer one is not passed on. */
export const MAX_INSPECTED_CHARS = 4_194_304;

/** How far beyond the cut is read, so that a key across the cut is seen; in code units. */
const LOOKAHEAD = 2_048;

export interface InspectedContent {
  /** At most `maxChars` code units, cut and redacted. */
  readonly content: string;
  readonly truncated: boolean;
  /** `secret:<rule>`, `injection:<rule>` and the like, each once, in the order of the alphabet. */
  readonly findings: readonly string[];
}

export interface ContentContext {
  readonly policy: Pick<Policy, 'limits' | 'scan'>;
  readonly known?: KnownValues;
}

export function checkContent(
  { text, keptUnits }: SizedOutput,
  { policy, known }: ContentContext,
): Result<InspectedContent, Denial> {
  if (!isInspectable(text)) return err(deny('content', 'uninspectable'));

  const stage = policy.scan.result;
  const read = text.slice(0, keptUnits + LOOKAHEAD);
  const report = scanText(read, { kinds: kindsOf(stage), ...(known && { known }) });
  const applied = applyPolicy(keptPart(report, keptUnits), stage);
  if (!applied.ok) {
    const { reason, names } = applied.error;
    return err(deny('content', reason, { findings: names }));
  }

  const { maxResultChars } = policy.limits;
  const content = redact(text.slice(0, keptUnits), applied.value.removed);
  const truncated = keptUnits < text.length || content.length > maxResultChars;
  return ok({
    content: truncated ? cutText(content, maxResultChars) : content,
    truncated,
    findings: applied.value.names,
  });
}

/** Halves of characters and NUL are read differently by whoever reads them. */
function isInspectable(text: string): boolean {
  return text.length <= MAX_INSPECTED_CHARS && text.isWellFormed() && !text.includes('\0');
}

/** What was found in the part that is passed on. */
function keptPart({ findings, uninspected }: ScanReport, end: number) {
  const kept = findings.filter((finding) => finding.start < end);
  return {
    findings: kept.map((finding): Finding => ({ ...finding, end: Math.min(finding.end, end) })),
    ...(uninspected && { uninspected }),
  };
}
