/**
 * Whether a receipt can be true of a call, and which outcome it says. An executor may lie about
 * what it cannot be held to; not about what it was asked, and not about what it answered.
 *
 * @module
 */

import type { ToolOutcome } from '../conversation/tool-result.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { toUtf8 } from '../primitives/utf8.ts';
import type { ExecutorReceipt } from './executor-receipt.ts';

/** What the gateway knows of the call by itself. */
export interface SentCall {
  readonly node: string;
  readonly callKey: string;
  /** Absent: the call was sent, and which ticket it had is not known any more. */
  readonly ticketHash?: string;
  readonly codeHash: string;
  readonly argumentHash: string;
  readonly revision: number;
  readonly maxOutputBytes: number;
  readonly configHash?: string;
}

/** What comes with a receipt. */
export interface SignedAnswer {
  readonly text: string;
  /** Ed25519 over the text, base64url; it holds. */
  readonly signature: string;
  readonly receipt: ExecutorReceipt;
  readonly output?: string;
}

export type ReceiptLie =
  | 'other_call'
  | 'other_code'
  | 'other_arguments'
  | 'other_output'
  | 'output_missing'
  | 'output_too_large';

/** `sha256` answers lower-case hex. */
export function judgeReceipt(
  answer: SignedAnswer,
  call: SentCall,
  sha256: (bytes: Uint8Array) => string,
): Result<ToolOutcome, ReceiptLie> {
  const { receipt, output } = answer;
  const { outcome } = receipt;
  const refused = outcome !== 'ok' && receipt.codeHash === sha256(toUtf8(''));
  // What was refused before anything of it was believed names no code.
  const named = refused ? { ...receipt, codeHash: call.codeHash } : receipt;
  const lie = findLie(named, call) ?? findOutputLie(answer, call, sha256);
  if (lie !== undefined) return err(lie);
  const cost = { durationMs: receipt.durationMs };
  if (outcome !== 'ok' || output === undefined) {
    return ok({ kind: 'failed', reason: outcome === 'ok' ? 'unknown' : outcome, cost });
  }
  const { codeHash, argumentHash, outputHash } = receipt;
  const { revision, node, configHash } = call;
  const signed = { node, text: answer.text, signature: answer.signature };
  const hashes = { codeHash, argumentHash, outputHash, ...(configHash && { configHash }) };
  return ok({ kind: 'ok', output, cost, receipt: { ...hashes, revision, executor: signed } });
}

function findLie(receipt: ExecutorReceipt, call: SentCall): ReceiptLie | undefined {
  const { node, callKey, ticketHash, codeHash, argumentHash } = receipt;
  if (node !== call.node || callKey !== call.callKey) return 'other_call';
  if (call.ticketHash !== undefined && ticketHash !== call.ticketHash) return 'other_call';
  if (codeHash !== call.codeHash) return 'other_code';
  return argumentHash === call.argumentHash ? undefined : 'other_arguments';
}

function findOutputLie(
  { receipt, output }: SignedAnswer,
  { maxOutputBytes }: SentCall,
  sha256: (bytes: Uint8Array) => string,
): ReceiptLie | undefined {
  if ((output !== undefined) !== (receipt.outcome === 'ok')) return 'output_missing';
  const bytes = toUtf8(output ?? '');
  if (bytes.length > maxOutputBytes) return 'output_too_large';
  return sha256(bytes) === receipt.outputHash && bytes.length === receipt.outputBytes
    ? undefined
    : 'other_output';
}
