/**
 * What a session says of a turn that a block has asked it for: how it ended, or when to ask again.
 *
 * @module
 */

import type { Result } from '../../core/primitives/result.ts';
import type { AdmissionRefusal, ProgramOutcome } from '../session/session-api.ts';

/** How long one question to the session waits, in milliseconds; it is asked again. */
export const WAIT_MS = 25_000;

const RETRY_MS = 1_000;

/** What will pass by itself. */
const PASSING: ReadonlySet<AdmissionRefusal['code']> = new Set([
  'rate_limited',
  'budget_exhausted',
  'audit_unavailable',
  'lane_full',
]);

export interface Later {
  readonly kind: 'later';
  readonly afterMs: number;
}

/** It is tried again soon. */
export const AGAIN: Later = { kind: 'later', afterMs: RETRY_MS };

/** A turn waits for a human: it is looked at again so often. */
export const FOR_HUMAN: Later = { kind: 'later', afterMs: 5_000 };

/** Of a refusal that will pass; nothing for one that will not. */
export function laterThan({ code, retryAfterMs }: AdmissionRefusal): Later | undefined {
  return PASSING.has(code) ? { kind: 'later', afterMs: retryAfterMs ?? RETRY_MS } : undefined;
}

/** Of a program's turn. A refusal that will not pass is its failure. */
export function toProgramEnd(
  ran: Result<ProgramOutcome | undefined, AdmissionRefusal>,
): Later | Exclude<ProgramOutcome, { readonly kind: 'waiting' }> {
  if (!ran.ok) return laterThan(ran.error) ?? { kind: 'failed', code: ran.error.code };
  const outcome = ran.value;
  if (outcome === undefined) return AGAIN;
  return outcome.kind === 'waiting' ? FOR_HUMAN : outcome;
}
