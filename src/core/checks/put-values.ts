/**
 * The end of check 1: handles in the arguments of a call give way to their values.
 *
 * A handle is a way to write a value, so this comes before all that is asked about the arguments, and
 * what is asked about them is asked about the values.
 *
 * @module
 */

import type { ProposedToolCall } from '../conversation/tool-call.ts';
import { type Denial, deny } from '../errors/denial.ts';
import type { CheckReason } from '../errors/reasons.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import type { HiddenValues } from '../provenance/handle.ts';
import { type HandleProblem, resolveHandles } from '../provenance/resolve-handles.ts';
import { MAX_ARGUMENT_BYTES, MAX_ARGUMENT_DEPTH } from './parse.ts';

const LIMITS = { maxChars: MAX_ARGUMENT_BYTES, maxDepth: MAX_ARGUMENT_DEPTH };

const REASONS = {
  unknown_handle: 'unknown_handle',
  misplaced_handle: 'misplaced_handle',
  too_large: 'arguments_too_large',
  too_deep: 'arguments_too_deep',
} as const satisfies Record<HandleProblem, CheckReason<'parse'>>;

/** `handles` are those that the turn has made so far. */
export function putValues(
  call: ProposedToolCall,
  handles: HiddenValues,
): Result<ProposedToolCall, Denial> {
  const resolved = resolveHandles(call.arguments, handles, LIMITS);
  if (!resolved.ok) return err(deny('parse', REASONS[resolved.error]));
  const { args, handedOn } = resolved.value;
  return ok({ ...call, arguments: args, ...(handedOn && { handedOn }) });
}
