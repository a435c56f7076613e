/**
 * Looks at a text while it is written, and lets go of it as soon as nothing that is to be taken out can
 * begin in it.
 *
 * What may be the beginning of a finding is held back, at most {@link MAX_HELD_CHARS}; what was let go
 * stays in sight for a while, since some rules look back. However a text is cut into pieces, the same
 * comes out of it.
 *
 * @module
 */

import type { StagePolicy } from '../policy/scan-policy.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { applyPolicy, type Blocked, kindsOf } from './apply-policy.ts';
import type { Finding } from './finding.ts';
import type { KnownValues } from './known-values.ts';
import { redact } from './redact.ts';
import { type ScanOptions, scanText } from './scan-text.ts';

/** Longest tail that is held back, in UTF-16 code units; a longer one cannot be inspected. */
export const MAX_HELD_CHARS = 65_536;

/** How much of what was let go is looked at again, in UTF-16 code units. */
const CONTEXT_CHARS = 2_048;

export class StreamScanner {
  readonly #policy: StagePolicy;
  readonly #options: ScanOptions;
  /** What was let go last, then what is held back. */
  #text = '';
  #heldFrom = 0;
  readonly #names = new Set<string>();

  constructor(policy: StagePolicy, known?: KnownValues) {
    this.#policy = policy;
    this.#options = { kinds: kindsOf(policy), ...(known && { known }) };
  }

  /** Names of all that was found so far, each once, in the order of the alphabet. */
  get findings(): readonly string[] {
    return [...this.#names].sort();
  }

  /** What may be shown now that more was written. After a no, nothing more may be. */
  push(text: string): Result<string, Blocked> {
    this.#text += text;
    return this.#release('more');
  }

  /** All that is left, once the text is over. */
  end(text = ''): Result<string, Blocked> {
    this.#text += text;
    return this.#release('over');
  }

  #release(rest: 'more' | 'over'): Result<string, Blocked> {
    const report = scanText(this.#text, this.#options);
    const findings = report.findings.filter(({ end }) => end > this.#heldFrom);
    const to = rest === 'over' ? this.#text.length : this.#safeEnd(report.openFrom, findings);
    const isTooLong = this.#text.length - to > MAX_HELD_CHARS;
    const applied = applyPolicy(
      {
        findings: findings.filter(({ start }) => start < to),
        ...(isTooLong && { uninspected: 'too-long' as const }),
        // What is held back is not whole yet, and may be plain when it is.
        ...(report.uninspected !== undefined &&
          (report.uninspectedFrom ?? 0) < to && { uninspected: report.uninspected }),
      },
      this.#policy,
    );
    const { names } = applied.ok ? applied.value : applied.error;
    for (const name of names) this.#names.add(name);
    if (!applied.ok) return err(applied.error.reason);
    const shown = this.#cut(isTooLong ? this.#text.length : to, applied.value.removed);
    return ok(shown);
  }

  /** No finding may lie across it, and no pair of surrogates. */
  #safeEnd(openFrom: number, findings: readonly Finding[]): number {
    let end = Math.max(openFrom, this.#heldFrom);
    for (const finding of findings.toReversed()) {
      if (finding.start < end && finding.end > end) end = finding.start;
    }
    end = Math.max(end, this.#heldFrom);
    const isWithinPair = /[\uD800-\uDBFF]/.test(this.#text.charAt(end - 1)) && end > this.#heldFrom;
    return isWithinPair ? end - 1 : end;
  }

  #cut(to: number, removed: readonly Finding[]): string {
    const from = this.#heldFrom;
    const shown = redact(
      this.#text.slice(from, to),
      removed.map((finding) => ({
        ...finding,
        start: Math.max(0, finding.start - from),
        end: Math.min(finding.end, to) - from,
      })),
    );
    const contextFrom = Math.max(0, to - CONTEXT_CHARS);
    this.#text = this.#text.slice(contextFrom);
    this.#heldFrom = to - contextFrom;
    return shown;
  }
}
