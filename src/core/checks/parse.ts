/**
 * Check 1: the calls of one reply, as the model wrote them, become proposed calls.
 *
 * Each is judged by itself, so that one bad call does not take the others with it. What is not as
 * it must be is denied and never repaired: a repair would run what nobody wrote.
 *
 * @module
 */

import type { ProposedToolCall, WrittenToolCall } from '../conversation/tool-call.ts';
import { type Denial, deny } from '../errors/denial.ts';
import type { CheckReason } from '../errors/reasons.ts';
import type { TurnId } from '../primitives/ids.ts';
import { isJsonObject } from '../primitives/json.ts';
import { type JsonProblem, parseJson } from '../primitives/parse-json.ts';
import { err, ok, type Result } from '../primitives/result.ts';

/** Longest arguments of one call, in bytes of UTF-8. */
export const MAX_ARGUMENT_BYTES = 262_144;

/** Most lists and objects within each other in the arguments of one call. */
export const MAX_ARGUMENT_DEPTH = 32;

export interface ParseContext {
  readonly turnId: TurnId;
  readonly round: number;
  /** How many more calls the turn may make. Those beyond are denied, not the first ones. */
  readonly callsLeft: number;
}

export const ARGUMENT_LIMITS = { maxBytes: MAX_ARGUMENT_BYTES, maxDepth: MAX_ARGUMENT_DEPTH };

const REASONS = {
  too_large: 'arguments_too_large',
  too_deep: 'arguments_too_deep',
  duplicate_key: 'duplicate_key',
  malformed: 'malformed_arguments',
  lone_surrogate: 'malformed_arguments',
  number_overflow: 'malformed_arguments',
} as const satisfies Record<JsonProblem['reason'], CheckReason<'parse'>>;

/** One answer for each call, in the order of the reply. */
export function parseCalls(
  written: readonly WrittenToolCall[],
  context: ParseContext,
): readonly Result<ProposedToolCall, Denial>[] {
  const repeated = findRepeated(written.map(({ id }) => id));
  return written.map((call, index) => {
    if (index >= context.callsLeft) return refuse('too_many_calls');
    if (repeated.has(call.id)) return refuse('duplicate_call_id');

    const read = parseJson(call.argumentsText, ARGUMENT_LIMITS);
    if (!read.ok) return refuse(REASONS[read.error.reason]);
    if (!isJsonObject(read.value)) return refuse('malformed_arguments');
    return ok({
      place: { turnId: context.turnId, round: context.round, index },
      modelCallId: call.id,
      name: call.name,
      ...(call.plugin !== undefined && { plugin: call.plugin }),
      arguments: read.value,
    });
  });
}

/** All that occur more than once: of two calls with one id, neither is known to be meant. */
function findRepeated(ids: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const id of ids) (seen.has(id) ? repeated : seen).add(id);
  return repeated;
}

function refuse(reason: CheckReason<'parse'>): Result<never, Denial> {
  return err(deny('parse', reason));
}
