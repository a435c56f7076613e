/**
 * What the checks decide by, handed in whole: nothing else can change their answer.
 *
 * @module
 */

import type { Turn } from '../conversation/turn.ts';
import type { Denial } from '../errors/denial.ts';
import type { Authority } from '../policy/authority.ts';
import type { Label } from '../policy/labels.ts';
import type { Slice } from '../policy/slice.ts';
import type { Result } from '../primitives/result.ts';
import type { HeardValues } from '../provenance/heard-values.ts';
import type { KnownValues } from '../scan/known-values.ts';

/** One earlier call of the turn: by hash, so that a history holds no arguments. */
export interface CallTrace {
  readonly tool: string;
  /** As in its ticket. */
  readonly argumentHash: string;
  /** Of what the model was shown for it; absent while the call runs. */
  readonly resultHash?: string;
}

export interface CheckContext {
  /** As frozen when the turn was admitted. */
  readonly authority: Authority;
  /** Of the newest revision that the turn has heard of, if that is another one. */
  readonly newest?: Authority;
  readonly turn: Pick<Turn, 'sessionId' | 'workspace' | 'epoch' | 'deadlineAt'>;
  /** The join over all that is in the turn's context. */
  readonly label: Label;
  /** What the turn has heard from those who are trusted. */
  readonly heard: HeardValues;
  /** The workspace's own secrets, which go out as handles alone; absent where it has none. */
  readonly known?: KnownValues;
  readonly slice: Slice;
  /** Every call that was approved in this turn, in order, without the one that is checked. */
  readonly history: readonly CallTrace[];
  /** Hashes of the calls that a human has approved and that have not run yet: see `approval.ts`. */
  readonly approvals: Pick<ReadonlySet<string>, 'has'>;
  /** The only tools that active skills leave; absent where they narrow nothing. */
  readonly onlyTools?: readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** Lower-case hex. */
  readonly sha256: (bytes: Uint8Array) => string;
}

/** Lets a call pass, in the form that the next check takes, or denies it. */
export type Check<Before, After> = (call: Before, context: CheckContext) => Result<After, Denial>;

/** The authorities under which a call must pass: one, or the turn's own and a newer one. */
export function authoritiesOf({ authority, newest }: CheckContext): readonly Authority[] {
  return newest === undefined ? [authority] : [authority, newest];
}
