/**
 * Why a block's life ended, as links, monitors and supervisors hear it. Erlang/OTP decides what each
 * one means where nothing is said here.
 *
 * @module
 */

import * as z from 'zod';

/** Longest text of a crash or a shutdown, in UTF-16 code units. */
const MAX_REASON_CHARS = 256;

/**
 * `kill`: of a block that was linked to one that ended with `kill`; who is killed ends with `killed`.
 * `{crash}`: the text is a code of ours (`capability`, `mailbox_overflow`, …) or the block's own.
 */
export type ExitReason =
  | 'normal'
  | 'shutdown'
  | 'kill'
  | 'killed'
  | 'noproc'
  | 'timeout'
  | { readonly shutdown: string }
  | { readonly crash: string; readonly capability?: string };

/** What may be asked for from outside. `killed`, `noproc` and `timeout` are the system's words. */
export type RequestedExit = Extract<ExitReason, 'normal' | 'shutdown' | 'kill' | object>;

const text = z.string().min(1).max(MAX_REASON_CHARS);

export const requestedExitSchema: z.ZodType<RequestedExit> = z.union([
  z.enum(['normal', 'shutdown', 'kill']),
  z.strictObject({ shutdown: text }),
  z.strictObject({ crash: text }),
]);

/** Whether a supervisor takes this end for the end of the work: no restart of `transient` children. */
export function isOrderly(reason: ExitReason): boolean {
  return (
    reason === 'normal' ||
    reason === 'shutdown' ||
    (typeof reason === 'object' && 'shutdown' in reason)
  );
}

/** One word for records and metrics: never text that a block wrote. */
export function reasonWord(reason: ExitReason): string {
  if (typeof reason === 'string') return reason;
  return 'shutdown' in reason ? 'shutdown' : 'crash';
}
